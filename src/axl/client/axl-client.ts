import type { EndUserFacts } from '#accounts/end-user.ts';
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Log } from '#base/log.ts';
import type { Counter, Metrics } from '#base/metrics.ts';
import { Semaphore } from '#base/semaphore.ts';
import { type Element, element } from '#xml/element.ts';
import { readEnvelope, writeEnvelope } from '../wire/envelope.ts';
import { AxlFault } from './axl-fault.ts';
import { HANDSHAKE, hasChangeLists, schemaBelow, schemaFor } from './schema.ts';
import { type HttpAnswer, Transport, type TransportOptions } from './transport.ts';
import type { Assignment, ChangeCursor, ChangePage, Page, ProcessNode, UnifiedCm, UserFields } from './unified-cm.ts';
import { field, readBoolean, readUser, readUuid, returnedTags, writeFields, writeUuid } from './user-element.ts';

export interface AxlClientOptions extends TransportOptions {
  /** How it is called in messages. */
  readonly name: string;
  /** The schema to speak, where that is known; else it is found out. */
  readonly schema?: string;
  /** Read each time. */
  readonly settings: { readonly requestSeconds: number; readonly retrySeconds: number };
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Requests that may wait for their turn. */
const MAX_WAITING = 10_000;
const FIRST_WAIT_SECONDS = 2;
const LONGEST_WAIT_SECONDS = 60;
const ANSWER_LIMITS = { maxDepth: 32, maxAttributes: 32, maxElements: 500_000 };
/** An entry of every cluster that is no machine. */
const NO_MACHINE = 'EnterpriseWideData';
/** A schema that is not spoken there. */
const SCHEMA_REFUSED = 599;

/** Speaks AXL with one Unified CM: few requests at a time, of those that write one, and patient where it is busy. */
export class AxlClient implements UnifiedCm {
  readonly name: string;
  readonly #options: AxlClientOptions;
  readonly #transport: Transport;
  readonly #slots: Semaphore;
  readonly #writes = new Semaphore(1, MAX_WAITING);
  readonly #sleeping = new Set<() => void>();
  readonly #throttled: Counter;
  #schema: string | undefined;
  #isClosed = false;

  constructor(options: AxlClientOptions) {
    this.name = options.name;
    this.#options = options;
    this.#transport = new Transport(options);
    this.#slots = new Semaphore(options.connections, MAX_WAITING);
    this.#schema = options.schema;
    this.#throttled = options.metrics.counter(
      'rollcall_axl_client_throttled_total',
      'Answers of Unified CM that it was too busy (503).',
    );
  }

  /** How often Unified CM was too busy. */
  get throttled(): number {
    return this.#throttled.total;
  }

  /** The schema that is spoken; undefined until `version` was asked. */
  get schema(): string | undefined {
    return this.#schema;
  }

  /** Also finds out which schema to speak. */
  async version(): Promise<string> {
    const asked = this.#options.schema ?? this.#schema;
    for (const schema of asked === undefined ? HANDSHAKE : [asked, ...HANDSHAKE]) {
      const version = await this.#versionIn(schema);
      if (version === undefined) continue;
      this.#schema = this.#options.schema ?? schemaFor(version);
      if (this.#schema !== undefined) return version;
      throw new Failure('not-acceptable', `${this.name} is of version ${version}; this server needs 9.0 or newer`);
    }
    throw new Failure('not-acceptable', `${this.name} speaks no AXL schema that this server knows (599)`);
  }

  async users({ skip, first }: Page): Promise<EndUserFacts[]> {
    const schema = await this.#known();
    const answer = await this.#read('listUser', [
      field('searchCriteria', field('userid', '%')),
      returnedTags(schema),
      field('skip', String(skip)),
      field('first', String(first)),
    ]);
    return returned(answer, 'user').map(readUser);
  }

  async user(uuid: string): Promise<EndUserFacts | undefined> {
    const schema = await this.#known();
    try {
      const answer = await this.#read('getUser', [field('uuid', writeUuid(uuid)), returnedTags(schema)]);
      const [user] = returned(answer, 'user');
      return user && readUser(user);
    } catch (error) {
      if (error instanceof AxlFault && error.kind === 'not-found') return undefined;
      throw error;
    }
  }

  async assignments({ skip, first }: Page): Promise<Assignment[] | undefined> {
    if (!hasChangeLists(await this.#known())) return undefined;
    const answer = await this.#read('listAssignedPresenceUsers', [
      field('searchCriteria', field('userid', '%')),
      field('returnedTags', field('userid'), field('server')),
      field('skip', String(skip)),
      field('first', String(first)),
    ]);
    return returned(answer, 'assignedPresenceUsers').map((one) => ({
      userid: one.childText('userid') ?? '',
      node: one.childText('server') ?? '',
    }));
  }

  async changes(from?: ChangeCursor): Promise<ChangePage | undefined> {
    if (!hasChangeLists(await this.#known())) return undefined;
    const objects = field('objectList', field('object', 'User'), field('object', 'AssignedPresenceUsers'));
    if (from === undefined) return readChanges(await this.#read('listChange', [objects]), undefined);
    const start = element('startChangeId', '', { queueId: from.queueId }, String(from.startChangeId));
    try {
      return readChanges(await this.#read('listChange', [start, objects]), from);
    } catch (error) {
      if (!(error instanceof AxlFault)) throw error;
      // Of a cursor that it does not know; if that was not why, the next question says so.
      const anew = readChanges(await this.#read('listChange', [objects]), undefined);
      return { ...anew, reset: true };
    }
  }

  async authenticate(userid: string, password: string): Promise<boolean> {
    await this.#known();
    const answer = await this.#read('doAuthenticateUser', [field('userid', userid), field('password', password)]);
    return readBoolean(answer.child('return', '')?.childText('userAuthenticated') ?? '');
  }

  async processNodes(): Promise<ProcessNode[]> {
    const schema = await this.#known();
    const tags = ['name', 'nodeUsage', ...(hasChangeLists(schema) ? ['processNodeRole'] : [])];
    const answer = await this.#read('listProcessNode', [
      field('searchCriteria', field('name', '%')),
      field('returnedTags', ...tags.map((tag) => field(tag))),
    ]);
    return returned(answer, 'processNode')
      .map((node) => ({
        name: node.childText('name') ?? '',
        isPublisher: (node.childText('nodeUsage') ?? '').toLowerCase() === 'publisher',
        role: node.childText('processNodeRole') ?? '',
      }))
      .filter(({ name }) => name !== NO_MACHINE);
  }

  async addUser(fields: UserFields): Promise<string> {
    const answer = await this.#write('addUser', [field('user', ...writeFields(fields))]);
    return readUuid(answer.childText('return', '') ?? '');
  }

  async updateUser(uuid: string, fields: UserFields): Promise<void> {
    await this.#write('updateUser', [field('uuid', writeUuid(uuid)), ...writeFields(fields)]);
  }

  async removeUser(uuid: string): Promise<void> {
    await this.#write('removeUser', [field('uuid', writeUuid(uuid))]);
  }

  async assign(userid: string, node: string | undefined): Promise<void> {
    if (node === undefined) await this.#write('unassignPresenceUser', [field('userid', userid)]);
    else await this.#write('assignPresenceUser', [field('userid', userid), field('server', node)]);
  }

  close(): void {
    this.#isClosed = true;
    for (const wake of [...this.#sleeping]) wake();
    this.#transport.close();
  }

  async #known(): Promise<string> {
    if (this.#schema === undefined) await this.version();
    return this.#schema!;
  }

  async #versionIn(schema: string): Promise<string | undefined> {
    const answer = await this.#patiently('getCCMVersion', [], schema);
    if (answer.status === SCHEMA_REFUSED) return undefined;
    const element = readAnswer('getCCMVersion', answer, this.#options);
    const version = element.child('return', '')?.child('componentVersion')?.childText('version');
    if (version !== undefined && version !== '') return version;
    throw new Failure('malformed', `${this.name} did not tell its version: is it a Unified CM?`);
  }

  #read(operation: string, children: readonly Element[]): Promise<Element> {
    return this.#call(operation, children);
  }

  #write(operation: string, children: readonly Element[]): Promise<Element> {
    return this.#writes.run(async () => {
      await this.#known();
      return this.#call(operation, children);
    });
  }

  /** Asks in the schema that was found, and in older ones where that is refused after all. */
  async #call(operation: string, children: readonly Element[]): Promise<Element> {
    for (;;) {
      const schema = this.#schema!;
      const answer = await this.#patiently(operation, children, schema);
      if (answer.status !== SCHEMA_REFUSED) return readAnswer(operation, answer, this.#options);
      const older = schemaBelow(schema);
      if (older === undefined || this.#options.schema !== undefined) {
        throw new Failure('not-acceptable', `${this.name} does not speak the AXL schema ${schema} (599)`);
      }
      this.#options.log.warn({ schema, older }, 'Unified CM refused an AXL schema; an older one is spoken');
      this.#schema = older;
    }
  }

  /** Sends a request again while Unified CM is too busy for it. */
  async #patiently(operation: string, children: readonly Element[], schema: string): Promise<HttpAnswer> {
    const { settings, clock } = this.#options;
    const body = writeEnvelope(schema, operation, children);
    const until = clock.now() + settings.retrySeconds * 1000;
    for (let seconds = FIRST_WAIT_SECONDS; ; seconds = Math.min(seconds * 2, LONGEST_WAIT_SECONDS)) {
      if (this.#isClosed) throw closed();
      const answer = await this.#slots.run(() =>
        this.#transport.post(`CUCM:DB ver=${schema} ${operation}`, body, settings.requestSeconds * 1000),
      );
      if (answer.status !== 503) return answer;
      this.#throttled.add(1);
      if (clock.now() + seconds * 1000 > until) {
        throw new Failure('unavailable', `${this.name} is too busy for ${operation} (503): try again later`);
      }
      await this.#sleep(seconds * 1000);
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        cancel();
        this.#sleeping.delete(wake);
        settle();
      };
      const cancel = this.#options.clock.after(ms, () => end(resolve));
      const wake = () => end(() => reject(closed()));
      this.#sleeping.add(wake);
    });
  }
}

function closed(): Failure {
  return new Failure('unavailable', 'the connection to Unified CM is being closed');
}

/** @throws {AxlFault}; {Failure} for what is no answer of AXL */
function readAnswer(operation: string, { status, body }: HttpAnswer, { name, user }: AxlClientOptions): Element {
  // The body of these is a page for people.
  if (status === 401) {
    throw new Failure('forbidden', `${name} does not know the user ${user}, or the password is another (401)`);
  }
  if (status === 403) {
    throw new Failure(
      'forbidden',
      `${user} lacks the role Standard AXL API Access in ${name} (403): give it that role`,
    );
  }
  if (status === 404) {
    throw new Failure('not-found', `${name} has no AXL there (404): activate the Cisco AXL Web Service`);
  }
  if (status !== 200 && status !== 500) {
    throw new Failure('unavailable', `${name} answered ${operation} with HTTP status ${status}`);
  }
  const read = readSafely(operation, body, name);
  if (read.fault !== undefined) throw new AxlFault(operation, read.fault.axlCode, read.fault.text);
  if (read.operation === `${operation}Response`) return read.element;
  throw new Failure('malformed', `${name} answered ${operation} with ${read.operation.slice(0, 80)}`);
}

function readSafely(operation: string, body: string, name: string) {
  try {
    return readEnvelope(body, ANSWER_LIMITS);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure('malformed', `what ${name} answered to ${operation} cannot be read: ${cause.message}`, { cause });
  }
}

/** The objects of a get or list answer; one looks like many. */
function returned(answer: Element, name: string): Element[] {
  const result = answer.child('return', '');
  return result?.elements().filter((one) => one.name === name) ?? [];
}

function readChanges(answer: Element, from: ChangeCursor | undefined): ChangePage {
  const info = answer.child('queueInfo', '') ?? answer.child('return', '')?.child('queueInfo');
  const number = (name: string) => Number(info?.childText(name) ?? Number.NaN);
  const queueId = info?.childText('queueId') ?? '';
  const next = number('nextStartChangeId');
  if (queueId === '' || !Number.isSafeInteger(next)) {
    throw new Failure('malformed', 'Unified CM gave a list of changes without saying where it ends');
  }
  const first = number('firstChangeId');
  const isLost = from !== undefined && (queueId !== from.queueId || from.startChangeId < first);
  const users = new Set<string>();
  let assignments = false;
  for (const change of (answer.child('changes', '') ?? answer.child('return', '')?.child('changes'))?.elements() ??
    []) {
    if (change.attribute('type') === 'User') users.add(readUuid(change.attribute('uuid') ?? ''));
    if (change.attribute('type') === 'AssignedPresenceUsers') assignments = true;
  }
  return { users, assignments, reset: isLost, next: { queueId, startChangeId: next } };
}
