/** The columns of the call manager's user files, and what a cell says of a user. Pure. */
import { Failure } from '#base/failure.ts';
import type { Fields, FieldValue } from '#directory/object.ts';
import { normalName } from './header.ts';

type Form = 'text' | 'flag' | 'number' | 'secret' | 'extension' | 'list' | 'node' | 'none';

interface Column {
  readonly name: string;
  /** AXL's name of the field; '' for what is no field of a user. */
  readonly field: string;
  readonly form: Form;
}

const column = (name: string, field: string, form: Form = 'text'): Column => ({ name, field, form });

const DEVICE = column('CONTROLLED DEVICE', 'associatedDevices', 'list');
const GROUP = column('ACCESS CONTROL GROUP', 'associatedGroups', 'list');

/** In the order of the file without a header: 38 columns. */
const UPDATE_COLUMNS: readonly Column[] = [
  column('USER ID', 'userid'),
  column('MANAGER USER ID', 'manager'),
  column('DEPARTMENT', 'department'),
  column('DEFAULT PROFILE', 'defaultProfile'),
  column('USER LOCALE', 'userLocale'),
  column('PASSWORD', 'password', 'secret'),
  column('PIN', 'pin', 'secret'),
  column('TELEPHONE NUMBER', 'telephoneNumber'),
  column('MOBILE NUMBER', 'mobileNumber'),
  column('HOME NUMBER', 'homeNumber'),
  column('PAGER NUMBER', 'pagerNumber'),
  column('TITLE', 'title'),
  column('PRIMARY EXTENSION', 'primaryExtension', 'extension'),
  column('ASSOCIATED PC', 'associatedPc'),
  column('IPCC EXTENSION', 'ipccExtension'),
  column('MAIL ID', 'mailid'),
  column('PRESENCE GROUP', 'presenceGroupName'),
  column('SUBSCRIBE CALLING SEARCH SPACE', 'subscribeCallingSearchSpaceName'),
  column('DIGEST CREDENTIALS', 'digestCredentials', 'secret'),
  column('REMOTE DESTINATION LIMIT', 'remoteDestinationLimit', 'number'),
  column('MAXIMUM WAIT TIME FOR DESK PICKUP', 'maxDeskPickupWaitTime', 'number'),
  column('ALLOW CONTROL OF DEVICE FROM CTI', 'enableCti', 'flag'),
  column('ENABLE MOBILITY', 'enableMobility', 'flag'),
  column('ENABLE MOBILE VOICE ACCESS', 'enableMobileVoiceAccess', 'flag'),
  column('ENABLE EMCC', 'enableEmcc', 'flag'),
  column('DIRECTORY URI', 'directoryUri'),
  column('NAME DIALING', 'nameDialing'),
  column('MLPP USER IDENTIFICATION NUMBER', '', 'none'),
  column('MLPP PASSWORD', 'mlppPassword', 'secret'),
  column('MLPP PRECEDENCE AUTHORIZATION LEVEL', 'patternPrecedence'),
  { ...DEVICE, name: 'CONTROLLED DEVICE 1' },
  column('HOME CLUSTER', 'homeCluster', 'flag'),
  column('ENABLE USER FOR UNIFIED CM IM AND PRESENCE', 'imAndPresenceEnable', 'flag'),
  column('UC SERVICE PROFILE', 'serviceProfile'),
  column('INCLUDE MEETING INFORMATION IN PRESENCE', 'calendarPresence', 'flag'),
  column('SELF-SERVICE USER ID', 'selfService'),
  column('USER PROFILE', 'userProfile'),
  column('ASSIGNED PRESENCE SERVER', '', 'node'),
];

/** Columns of files with a header alone. */
const MORE_COLUMNS: readonly Column[] = [
  column('FIRST NAME', 'firstName'),
  column('MIDDLE NAME', 'middleName'),
  column('LAST NAME', 'lastName'),
  column('DISPLAY NAME', 'displayName'),
  column('ENABLE END USER TO HOST CONFERENCE NOW', 'enableUserToHostConferenceNow', 'flag'),
  column('EM MAX LOGIN TIME', 'emMaxLoginTime', 'number'),
];

/** The text form of 9.x without a header; further devices and extensions have no place in it. */
const INSERT_COLUMNS: readonly Column[] = [
  column('FIRST NAME', 'firstName'),
  column('LAST NAME', 'lastName'),
  column('USER ID', 'userid'),
  column('PASSWORD', 'password', 'secret'),
  column('MANAGER USER ID', 'manager'),
  column('DEPARTMENT', 'department'),
  column('PIN', 'pin', 'secret'),
  column('DEFAULT PROFILE', 'defaultProfile'),
  column('USER LOCALE', 'userLocale'),
  { ...DEVICE, name: 'CONTROLLED DEVICE 1' },
  column('PRIMARY EXTENSION', 'primaryExtension', 'extension'),
  column('PRESENCE GROUP', 'presenceGroupName'),
  column('SUBSCRIBE CALLING SEARCH SPACE', 'subscribeCallingSearchSpaceName'),
];

/** What an export writes, but for the numbered columns behind it. Secrets are never among it. */
export const EXPORT_COLUMNS: readonly Column[] = [
  ...MORE_COLUMNS.slice(0, 4),
  ...UPDATE_COLUMNS,
  ...MORE_COLUMNS.slice(4),
].filter(({ form }) => !['secret', 'list', 'none'].includes(form));

const byName = new Map([...UPDATE_COLUMNS, ...MORE_COLUMNS].map((one) => [normalName(one.name), one]));
const FLAGS: Readonly<Record<string, boolean>> = {
  t: true,
  true: true,
  1: true,
  yes: true,
  f: false,
  false: false,
  0: false,
  no: false,
};

/** What one row says. */
export interface UserRow {
  readonly userid: string;
  /** Without the user's id. */
  readonly fields: Fields;
  /** The presence node to be assigned; '': none any more; undefined: as it is. */
  readonly node: string | undefined;
}

/** The columns of one file, in its order. */
export class UserColumns {
  readonly #columns: readonly Column[];

  private constructor(columns: readonly Column[]) {
    this.#columns = columns;
  }

  static readonly update = new UserColumns(UPDATE_COLUMNS);
  static readonly insert = new UserColumns(INSERT_COLUMNS);

  /**
   * @returns undefined where the row is no header: none of its cells is USER ID
   * @throws {Failure} 'malformed' for a column that is unknown or there twice
   */
  static fromHeader(cells: readonly string[]): UserColumns | undefined {
    if (!cells.some((cell) => normalName(cell) === 'userid')) return undefined;
    const columns = cells.map(named);
    const names = new Set(columns.map(({ name }) => name));
    if (names.size < columns.length) throw new Failure('malformed', 'the header names a column twice');
    return new UserColumns(columns);
  }

  /** Before the row is looked at: '' where it has none. */
  useridIn(cells: readonly string[]): string {
    return cells[this.#columns.findIndex(({ field }) => field === 'userid')]?.trim() ?? '';
  }

  /** @param retain a cell that leaves what is there; undefined: no cell does */
  read(cells: readonly string[], retain: string | undefined): UserRow | { readonly reason: string } {
    if (cells.length !== this.#columns.length) {
      return { reason: `Invalid format: ${cells.length} columns instead of ${this.#columns.length}` };
    }
    const fields: Record<string, FieldValue> = {};
    let node: string | undefined;
    for (const [i, { name, field, form }] of this.#columns.entries()) {
      const cell = cells[i]!.trim();
      if (cell === retain) continue;
      // A secret cannot be exported; a file that was leaves it as it is.
      if (form === 'secret' && cell === '') continue;
      if (form === 'node') node = cell;
      else if (form === 'none') {
        if (cell !== '') return { reason: `Invalid format: ${name} is not kept by this server` };
      } else {
        const value = readCell(form, cell, fields[field]);
        if (value === undefined)
          return { reason: `Invalid format: ${name} is not ${form === 'flag' ? 't or f' : 'a number'}` };
        fields[field] = value;
      }
    }
    const { userid = '', ...rest } = fields;
    if (typeof userid !== 'string' || userid === '') return { reason: 'Invalid format: USER ID is empty' };
    return { userid, fields: rest, node };
  }
}

/** @throws {Failure} 'malformed' */
export function columnNamed(name: string): { field: string; form: Form } {
  return named(name);
}

/** @throws {Failure} 'malformed' */
function named(cell: string): Column {
  const numbered = /^(.*?)(\d{1,3})$/.exec(cell.trim());
  for (const one of [DEVICE, GROUP]) {
    if (numbered !== null && normalName(numbered[1]!) === normalName(one.name)) {
      return { ...one, name: `${one.name} ${Number(numbered[2])}` };
    }
  }
  const found = byName.get(normalName(cell));
  if (found !== undefined) return found;
  throw new Failure('malformed', `there is no column ${JSON.stringify(cell.slice(0, 80))} in files of users`);
}

/** @returns undefined for what is none of its form */
export function readCell(form: Form, cell: string, before?: FieldValue): FieldValue | undefined {
  switch (form) {
    case 'list': {
      const items = Array.isArray(before) ? (before as readonly FieldValue[]) : [];
      return cell === '' ? items : [...items, cell];
    }
    case 'flag':
      return cell === '' ? '' : FLAGS[cell.toLowerCase()];
    case 'number':
      return cell === '' ? null : /^\d{1,9}$/.test(cell) ? Number(cell) : undefined;
    case 'extension':
      return cell === '' ? null : { pattern: cell };
    default:
      return cell;
  }
}

/** A user's field as a cell of an export. */
export function writeCell({ field, form }: { field: string; form: Form }, fields: Fields): string {
  const value = fields[field];
  if (value === undefined || value === null) return '';
  if (form === 'flag') return value === true ? 't' : 'f';
  if (typeof value !== 'object') return String(value);
  const { pattern, name } = value as { pattern?: FieldValue; name?: FieldValue };
  return String(pattern ?? name ?? '');
}

/** The names of what a list field refers to. */
export function namesOf(fields: Fields, field: 'associatedDevices' | 'associatedGroups'): string[] {
  const value = fields[field];
  if (!Array.isArray(value)) return [];
  return value.map((one) =>
    typeof one === 'object' && one !== null ? String((one as { name?: FieldValue }).name) : String(one),
  );
}
