/** What is about the whole: its version, its changes, and its agreements with LDAP. */
import type { Directory } from '#directory/directory.ts';
import { type Change, type ChangeList, kindNames } from '#directory/object.ts';
import { writeAttribute, writeText } from '../wire/write-element.ts';
import { inReturn, type Served } from './answer.ts';
import { badValue, noSuchItem } from './axl-fault.ts';
import { returnUuid } from './objects.ts';
import { type AxlRequest, elementsOf, writeUuid } from './request.ts';

/** Synchronization with LDAP, by the uuid of the agreement. */
export interface LdapSync {
  start(agreement: string): Promise<void>;
  cancel(agreement: string): Promise<void>;
  /** One sentence on how far it is. */
  status(agreement: string): Promise<string>;
}

const READS = { writes: false, isLarge: false, from: '8.5', until: '15.0' } as const;
const WRITES = { ...READS, writes: true } as const;

/** @param ldapSync undefined where this server synchronizes with no LDAP directory */
export function systemOperations(directory: Directory, ldapSync: LdapSync | undefined): Record<string, Served> {
  return {
    getCCMVersion: { ...READS, run: (request) => ccmVersion(directory, request) },
    listChange: { ...READS, from: '9.0', isLarge: true, run: (request) => listChange(directory, request) },
    doLdapSync: { ...WRITES, run: (request) => doLdapSync(directory, ldapSync, request) },
    getLdapSyncStatus: {
      ...READS,
      async run(request) {
        const uuid = await agreementOf(directory, request);
        const status = ldapSync === undefined ? NOT_SYNCHRONIZED : await ldapSync.status(uuid);
        return inReturn(writeText(status));
      },
    },
    getLdapSystem: {
      ...READS,
      async run() {
        const [first] = await directory.list('LdapDirectory', {}, { first: 1 });
        const attribute = String(first?.fields.userId ?? '');
        const inside =
          `<syncEnabled>${first !== undefined}</syncEnabled><ldapServer/>` +
          (attribute === '' ? '<userIdAttribute/>' : `<userIdAttribute>${writeText(attribute)}</userIdAttribute>`);
        return inReturn(`<ldapSystem>${inside}</ldapSystem>`);
      },
    },
  };
}

const NOT_SYNCHRONIZED = 'This server does not synchronize with LDAP directories';

/** The build stands in parentheses here, and behind a hyphen everywhere else. */
async function ccmVersion(directory: Directory, request: AxlRequest): Promise<string> {
  const node = request.text('processNodeName');
  if (node !== undefined && node !== '' && (await directory.get('ProcessNode', { name: node })) === undefined) {
    throw noSuchItem('ProcessNode');
  }
  const written = directory.version.replace(/-(\w+)$/, '($1)');
  return inReturn(`<componentVersion><version>${writeText(written)}</version></componentVersion>`);
}

async function doLdapSync(directory: Directory, sync: LdapSync | undefined, request: AxlRequest): Promise<string> {
  const uuid = await agreementOf(directory, request);
  const starts = request.flag('sync');
  if (starts === undefined) throw badValue('doLdapSync needs the element sync: true starts, false cancels');
  if (sync === undefined) throw badValue(`${NOT_SYNCHRONIZED}; import its users with a bulk job`);
  await (starts ? sync.start(uuid) : sync.cancel(uuid));
  return returnUuid(uuid);
}

async function agreementOf(directory: Directory, request: AxlRequest): Promise<string> {
  const agreement = await directory.get('LdapDirectory', request.key('name'));
  if (agreement === undefined) throw noSuchItem('LdapDirectory');
  return agreement.uuid;
}

/**
 * What has changed since. Another queue than the one that was asked about, or an id that lies before its first change,
 * shows in the answer itself: then all is to be read anew.
 */
async function listChange(directory: Directory, request: AxlRequest): Promise<string> {
  const start = request.child('startChangeId');
  const types = request.child('objectList');
  const wanted = types === undefined ? [] : elementsOf(types).map((element) => element.text().trim());
  const known = wanted.filter(isChangeType);
  const kinds = wanted.length === 0 ? undefined : known;
  if (start === undefined || start.text().trim() === '') return changeText(await directory.changes(undefined, kinds));
  const queueId = start.attribute('queueId') ?? '';
  const startChangeId = request.count('startChangeId')!;
  return changeText(await directory.changes({ queueId, startChangeId }, kinds));
}

type ChangeType = Change['kind'];

function isChangeType(name: string): name is ChangeType {
  return name === 'AssignedPresenceUsers' || (kindNames as readonly string[]).includes(name);
}

function changeText(list: ChangeList): string {
  const { queueId, firstChangeId, lastChangeId, nextStartChangeId } = list;
  const changes = list.changes.map(oneChange).join('');
  return (
    `<queueInfo><firstChangeId>${firstChangeId}</firstChangeId><lastChangeId>${lastChangeId}</lastChangeId>` +
    `<nextStartChangeId>${nextStartChangeId}</nextStartChangeId><queueId>${writeText(queueId)}</queueId></queueInfo>` +
    (changes === '' ? '<changes/>' : `<changes>${changes}</changes>`)
  );
}

function oneChange({ id, action, kind, uuid, changedTags, doGet }: Change): string {
  const tags = Object.entries(changedTags).map(
    ([name, value]) => `<changedTag${writeAttribute('name', name)}>${writeText(value)}</changedTag>`,
  );
  return (
    `<change${writeAttribute('type', kind)}${writeAttribute('uuid', writeUuid(uuid))}><id>${id}</id>` +
    `<action>${action}</action><doGet>${doGet}</doGet>` +
    `${tags.length === 0 ? '' : `<changedTags>${tags.join('')}</changedTags>`}</change>`
  );
}
