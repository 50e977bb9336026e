/** The tables of SQL over the directory: what they are called, and from which fields their columns are. */
import { createHash } from 'node:crypto';
import type { Directory } from '#directory/directory.ts';
import type { DirectoryObject, Fields, FieldValue, KindName, Reference } from '#directory/object.ts';
import { readBoolean } from './request.ts';
import type { SqlRow, Table, Tables } from './sql/table.ts';

type Column = (object: DirectoryObject, links: Links) => string | null;
type Columns = Readonly<Record<string, Column>>;

/** What stands in tables of its own, read once for a statement where a column asks for it. */
interface Links {
  /** Uuid of the presence node by uuid of the user. */
  readonly nodes: ReadonlyMap<string, string>;
}

const PORTION = 500;

const pkid: Column = ({ uuid }) => uuid;
const text =
  (field: string): Column =>
  ({ fields }) =>
    textOf(fields[field]);
const key =
  (field: string): Column =>
  ({ fields }) =>
    referenceOf(fields[field])?.uuid ?? null;
const constant =
  (value: string): Column =>
  () =>
    value;

const ENDUSER: Columns = {
  pkid,
  userid: ({ name }) => name,
  firstname: text('firstName'),
  middlename: text('middleName'),
  lastname: text('lastName'),
  displayname: text('displayName'),
  department: text('department'),
  manager: text('manager'),
  mailid: text('mailid'),
  telephonenumber: text('telephoneNumber'),
  title: text('title'),
  mobile: text('mobileNumber'),
  homephone: text('homeNumber'),
  pager: text('pagerNumber'),
  directoryuri: text('directoryUri'),
  islocaluser: text('homeCluster'),
  enablecups: text('imAndPresenceEnable'),
  enablecalendarpresence: text('calendarPresence'),
  allowcticontrolflag: text('enableCti'),
  enablemobility: text('enableMobility'),
  status: text('status'),
  tkuserprofile: constant('1'),
  primarynodeid: ({ uuid }, { nodes }) => nodes.get(uuid) ?? null,
  fkucserviceprofile: key('serviceProfile'),
  fkmatrix_presence: key('presenceGroupName'),
  fkdirectorypluginconfig: key('ldapDirectoryName'),
};

const NAMED: Columns = { pkid, name: ({ name }) => name, description: text('description') };

/** Tables whose rows are objects. */
const OF_KIND: Readonly<Record<string, { kind: KindName; columns: Columns; key: string }>> = {
  enduser: { kind: 'User', columns: ENDUSER, key: 'userid' },
  enduserlicense: {
    kind: 'User',
    columns: { pkid, fkenduser: pkid, enableups: text('imAndPresenceEnable'), enableupc: text('imAndPresenceEnable') },
    key: '',
  },
  applicationuser: { kind: 'AppUser', columns: { pkid, name: ({ name }) => name }, key: 'name' },
  dirgroup: { kind: 'UserGroup', columns: { pkid, name: ({ name }) => name }, key: 'name' },
  functionrole: { kind: 'UserRole', columns: NAMED, key: 'name' },
  processnode: {
    kind: 'ProcessNode',
    columns: {
      ...NAMED,
      ipv6name: text('ipv6Name'),
      mac: text('mac'),
      systemnode: ({ name }) => (name === 'EnterpriseWideData' ? 't' : 'f'),
      tknodeusage: ({ fields }) => (fields.nodeUsage === 'Publisher' ? '0' : '1'),
      tkprocessnoderole: ({ fields }) => (fields.processNodeRole === 'CUCM IM and Presence' ? '2' : '1'),
    },
    key: 'name',
  },
  featuregrouptemplate: {
    kind: 'FeatureGroupTemplate',
    columns: {
      ...NAMED,
      islocaluser: text('homeCluster'),
      enablecups: text('imAndUcPresenceEnable'),
      enablecalendarpresence: text('meetingInformation'),
      allowcticontrolflag: text('allowCTIControl'),
      fkucserviceprofile: key('serviceProfile'),
    },
    key: 'name',
  },
  ucserviceprofile: { kind: 'ServiceProfile', columns: { ...NAMED, isdefault: text('isDefault') }, key: 'name' },
  device: {
    kind: 'Phone',
    columns: { ...NAMED, tkclass: constant('1'), fkenduser: key('ownerUserName') },
    key: 'name',
  },
  numplan: {
    kind: 'Line',
    columns: {
      pkid,
      dnorpattern: ({ name }) => name,
      description: text('description'),
      alertingname: text('alertingName'),
      tkpatternusage: constant('2'),
    },
    key: 'dnorpattern',
  },
  processconfig: {
    kind: 'ServiceParameter',
    columns: { pkid, paramname: ({ name }) => name, paramvalue: text('value'), tkservice: text('service') },
    key: 'paramname',
  },
};

type Link = Readonly<Record<string, string | null>>;

/** Tables whose rows are links: each row has the pkid of what it is from and a number. */
const LINKS: Readonly<
  Record<string, { kind: KindName; columns: readonly string[]; of(object: DirectoryObject): Link[] }>
> = {
  enduserdevicemap: {
    kind: 'User',
    columns: ['pkid', 'fkenduser', 'fkdevice', 'tkuserassociation'],
    of: ({ uuid, fields }) =>
      references(fields.associatedDevices).map((device) => ({
        pkid: linked(uuid, device.uuid),
        fkenduser: uuid,
        fkdevice: device.uuid,
        tkuserassociation: '1',
      })),
  },
  enduserdirgroupmap: {
    kind: 'User',
    columns: ['pkid', 'fkenduser', 'fkdirgroup'],
    of: ({ uuid, fields }) =>
      references(fields.associatedGroups).map((group) => ({
        pkid: linked(uuid, group.uuid),
        fkenduser: uuid,
        fkdirgroup: group.uuid,
      })),
  },
  applicationuserdirgroupmap: {
    kind: 'AppUser',
    columns: ['pkid', 'fkapplicationuser', 'fkdirgroup'],
    of: ({ uuid, fields }) =>
      references(fields.associatedGroups).map((group) => ({
        pkid: linked(uuid, group.uuid),
        fkapplicationuser: uuid,
        fkdirgroup: group.uuid,
      })),
  },
  functionroledirgroupmap: {
    kind: 'UserGroup',
    columns: ['pkid', 'fkdirgroup', 'fkfunctionrole'],
    of: ({ uuid, fields }) =>
      references(fields.userRoles).map((role) => ({
        pkid: linked(uuid, role.uuid),
        fkdirgroup: uuid,
        fkfunctionrole: role.uuid,
      })),
  },
  devicenumplanmap: {
    kind: 'Phone',
    columns: ['pkid', 'fkdevice', 'fknumplan', 'numplanindex', 'label', 'display'],
    of: ({ uuid, fields }) =>
      linesOf(fields).flatMap((line, place) => {
        const dirn = referenceOf(line.dirn);
        if (dirn === undefined) return [];
        const index = textOf(line.index) ?? String(place + 1);
        const about = { label: textOf(line.label), display: textOf(line.display) };
        return [{ pkid: linked(uuid, dirn.uuid), fkdevice: uuid, fknumplan: dirn.uuid, numplanindex: index, ...about }];
      }),
  },
  devicenumplanmapendusermap: {
    kind: 'Phone',
    columns: ['pkid', 'fkdevicenumplanmap', 'fkenduser'],
    of: ({ uuid, fields }) =>
      linesOf(fields).flatMap((line) => {
        const dirn = referenceOf(line.dirn);
        if (dirn === undefined) return [];
        const appearance = linked(uuid, dirn.uuid);
        return references(line.associatedEndusers).map((user) => ({
          pkid: linked(appearance, user.uuid),
          fkdevicenumplanmap: appearance,
          fkenduser: user.uuid,
        }));
      }),
  },
};

/** Columns that may be changed, with the fields that they are. */
const UPDATES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  enduser: {
    firstname: 'firstName',
    middlename: 'middleName',
    lastname: 'lastName',
    displayname: 'displayName',
    department: 'department',
    manager: 'manager',
    mailid: 'mailid',
    telephonenumber: 'telephoneNumber',
    title: 'title',
    mobile: 'mobileNumber',
    homephone: 'homeNumber',
    pager: 'pagerNumber',
    directoryuri: 'directoryUri',
    islocaluser: 'homeCluster',
    enablecups: 'imAndPresenceEnable',
    enablecalendarpresence: 'calendarPresence',
    allowcticontrolflag: 'enableCti',
    enablemobility: 'enableMobility',
  },
  enduserlicense: { enableups: 'imAndPresenceEnable' },
  processconfig: { paramvalue: 'value' },
  device: { description: 'description' },
  numplan: { description: 'description', alertingname: 'alertingName' },
};
const FLAGS = new Set(['homeCluster', 'imAndPresenceEnable', 'calendarPresence', 'enableCti', 'enableMobility']);

export function tablesOf(directory: Directory): Tables {
  const tables = new Map<string, Table>();
  for (const [name, { kind, columns, key }] of Object.entries(OF_KIND)) {
    tables.set(name, objectTable(directory, name, kind, columns, key));
  }
  for (const [name, { kind, columns, of }] of Object.entries(LINKS)) {
    tables.set(name, {
      name,
      columns,
      async *rows(wanted) {
        for await (const objects of allObjects(directory, kind)) {
          yield objects.flatMap((object) => of(object).map((link) => wanted.map((column) => link[column] ?? null)));
        }
      },
    });
  }
  return tables;
}

function objectTable(directory: Directory, name: string, kind: KindName, columns: Columns, keyColumn: string): Table {
  const updates = UPDATES[name];
  return {
    name,
    columns: Object.keys(columns),
    async *rows(wanted, equal) {
      const read = wanted.map((column) => columns[column]!);
      const links = { nodes: wanted.includes('primarynodeid') ? await presenceNodes(directory) : new Map() };
      const row = (object: DirectoryObject): SqlRow => read.map((column) => column(object, links));
      const one = keyIn(equal, keyColumn);
      if (one !== undefined) {
        const object = await directory.get(kind, one);
        if (object !== undefined) yield [row(object)];
        return;
      }
      for await (const objects of allObjects(directory, kind)) yield objects.map(row);
    },
    ...(updates !== undefined && {
      update: {
        columns: new Set(Object.keys(updates)),
        async run(uuid, set) {
          await directory.update(kind, { uuid }, fieldsOf(set, updates));
        },
      },
    }),
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A key of the directory that the statement asks for alone. Names of lines are not unique. */
function keyIn(equal: ReadonlyMap<string, string>, column: string): { uuid: string } | { name: string } | undefined {
  const uuid = equal.get('pkid');
  if (uuid !== undefined && UUID.test(uuid)) return { uuid };
  const name = column === 'userid' || column === 'name' ? equal.get(column) : undefined;
  return name === undefined || name === '' ? undefined : { name };
}

function fieldsOf(set: ReadonlyMap<string, string | null>, updates: Readonly<Record<string, string>>): Fields {
  const fields: Record<string, FieldValue> = {};
  for (const [column, value] of set) {
    const field = updates[column]!;
    fields[field] = FLAGS.has(field) ? value !== null && readBoolean(value, column) : value;
  }
  return fields;
}

async function* allObjects(directory: Directory, kind: KindName): AsyncIterable<readonly DirectoryObject[]> {
  let portion: DirectoryObject[] = [];
  for await (const object of directory.iterate(kind)) {
    if (portion.push(object) < PORTION) continue;
    yield portion;
    portion = [];
  }
  yield portion;
}

async function presenceNodes(directory: Directory): Promise<Map<string, string>> {
  const nodes = new Map<string, string>();
  for (let skip = 0; ; skip += PORTION) {
    const users = await directory.listPresence('assigned', {}, { skip, first: PORTION });
    for (const { uuid, server } of users) if (server !== undefined) nodes.set(uuid, server.uuid);
    if (users.length < PORTION) return nodes;
  }
}

function textOf(value: FieldValue | undefined): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (typeof value === 'object') return referenceOf(value)?.name ?? null;
  return String(value);
}

function referenceOf(value: FieldValue | undefined): Reference | undefined {
  const isReference = typeof value === 'object' && value !== null && 'uuid' in value && 'name' in value;
  return isReference ? (value as unknown as Reference) : undefined;
}

function references(value: FieldValue | undefined): Reference[] {
  return Array.isArray(value) ? value.flatMap((one: FieldValue) => referenceOf(one) ?? []) : [];
}

function linesOf(fields: Fields): Readonly<Record<string, FieldValue>>[] {
  return Array.isArray(fields.lines) ? (fields.lines as Readonly<Record<string, FieldValue>>[]) : [];
}

/** The pkid of a link: always the same for the same two. */
function linked(a: string, b: string): string {
  const hex = createHash('sha256').update(`${a} ${b}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
