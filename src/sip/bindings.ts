import { accountTable } from '#accounts/account-tables.ts';
import { type Home, homePart } from '#accounts/home.ts';
import type { Homes } from '#accounts/homes.ts';
import type { Row } from '#store/database.ts';
import type { SipDevice } from './device.ts';
import type { Flow } from './transport/flow.ts';
import type { SipUri } from './wire/sip-uri.ts';
import { parseUri } from './wire/sip-uri.ts';

accountTable('bindings', 'account');

/** What a REGISTER says of one contact (RFC 3261 §10). Texts are byte strings. */
export interface Registration {
  /** Unique in its account, and the same for each REGISTER of the same contact. */
  readonly id: string;
  /** The device that it leads to: one for each instance (RFC 5626 §3.1), of which there may be several flows. */
  readonly device: string;
  /** As it came. */
  readonly uri: string;
  readonly parsed: SipUri;
  /** Parameters of the Contact header as they came, without those that the registrar writes itself. */
  readonly params: string;
  /** In thousandths, 0 to 1000 (RFC 3261 §20.10). */
  readonly q: number;
  readonly expiresAt: number;
  readonly registeredAt: number;
  readonly callId: string;
  readonly cseq: number;
  /** `+sip.instance` without brackets (RFC 5626 §4.1); '' for none. */
  readonly instance: string;
  /** RFC 5626 §4.2; 0 for none. */
  readonly regId: number;
  /** The value of Route for requests to it (RFC 3327); '' for none. */
  readonly path: string;
  readonly userAgent: string;
  /** Methods that it takes, as Allow has them; '' where it does not say. */
  readonly methods: string;
}

/** One contact of an account. */
export class Binding {
  readonly home: Home;
  said: Registration;
  /** When it ends by what is on disk; 0: it is not there. */
  writtenUntil = 0;
  /** Stops listening to the end of the flow. */
  stopListening: (() => void) | undefined;
  #flow: Flow | undefined;
  #flowId = '';

  constructor(home: Home, said: Registration) {
    this.home = home;
    this.said = said;
  }

  /** The way that its last REGISTER came; undefined where it came by a proxy, or is not there any more. */
  get flow(): Flow | undefined {
    if (this.#flow === undefined && this.#flowId !== '') {
      this.#flow = services.get(this.home.homes)?.flowOf(this.#flowId);
    }
    return this.#flow;
  }

  set flow(flow: Flow | undefined) {
    this.#flow = flow;
    this.#flowId = flow?.transport === 'udp' ? flow.id : '';
  }

  /** The flow of UDP that it is found on also after a restart; '' for none. */
  get flowId(): string {
    return this.#flowId;
  }

  foundOn(flowId: string): this {
    this.#flowId = flowId;
    return this;
  }

  get id(): string {
    return this.said.id;
  }

  get uri(): string {
    return this.said.uri;
  }

  get q(): number {
    return this.said.q;
  }

  get path(): string {
    return this.said.path;
  }

  get instance(): string {
    return this.said.instance;
  }

  get regId(): number {
    return this.said.regId;
  }

  /** Header lines for requests to it, in this order (RFC 3327 §5.4): a byte string. */
  get route(): string {
    return this.said.path === '' ? '' : `Route: ${this.said.path}\r\n`;
  }

  /** RFC 5626 §5.3, RFC 7118 §5: who has registered a flow, or is a browser, is to be found on that flow alone. */
  get needsFlow(): boolean {
    const { regId, path, parsed } = this.said;
    return path === '' && (regId !== 0 || /^wss?$/i.test(parsed.params.get('transport') ?? ''));
  }

  get isReachable(): boolean {
    return !this.needsFlow || (this.flow !== undefined && !this.flow.isClosed);
  }
}

/** The bindings of an account, by id, and its devices. */
export class Bindings {
  readonly all = new Map<string, Binding>();
  readonly devices = new Map<string, SipDevice>();
  /** Ids whose rows are not what is in memory. */
  readonly unwritten = new Set<string>();
}

/** Who looks after the bindings of homes. */
export interface BindingsService {
  /** Makes devices of what was read, before anybody has the home. */
  restore(home: Home, bindings: Bindings): void;
  /** Writes what is not written yet. */
  flush(home: Home): void;
  /** The flow that an id names, as long as it is there. */
  flowOf(id: string): Flow | undefined;
}

const services = new WeakMap<Homes, BindingsService>();

export const bindingsPart = homePart<Bindings>({
  queries: ['select * from bindings where account = ?'],
  load(home, [rows]) {
    const bindings = new Bindings();
    for (const row of rows!) {
      const binding = readBinding(home, row);
      if (binding !== undefined) bindings.all.set(binding.id, binding);
    }
    services.get(home.homes)?.restore(home, bindings);
    return bindings;
  },
  busy: ({ all, unwritten }) => all.size > 0 || unwritten.size > 0,
  flush: (_bindings, home) => services.get(home.homes)?.flush(home),
});

/** @returns how to stop */
export function serveBindings(homes: Homes, service: BindingsService): () => void {
  services.set(homes, service);
  return () => services.delete(homes);
}

/** All contacts of an account, in no order. */
export function bindingsOf(home: Home): Binding[] {
  return [...bindingsPart.of(home).all.values()];
}

/** The bindings of one device of an account, those first that are to be tried first; none where there is no such. */
export function targetsOfDevice(home: Home, device: string): readonly Binding[] {
  return bindingsPart.of(home).devices.get(device)?.reachable() ?? [];
}

function readBinding(home: Home, row: Row): Binding | undefined {
  let parsed: SipUri;
  try {
    parsed = parseUri(String(row.uri));
  } catch {
    // Written by a release that read URIs otherwise.
    return undefined;
  }
  const said: Registration = {
    id: String(row.id),
    device: String(row.device),
    uri: String(row.uri),
    parsed,
    params: String(row.params),
    q: Number(row.q),
    expiresAt: Number(row.expires_at),
    registeredAt: Number(row.registered_at),
    callId: String(row.call_id),
    cseq: Number(row.cseq),
    instance: String(row.instance),
    regId: Number(row.reg_id),
    path: String(row.path),
    userAgent: String(row.user_agent),
    methods: String(row.methods),
  };
  const binding = new Binding(home, said).foundOn(String(row.flow));
  binding.writtenUntil = said.expiresAt;
  return binding;
}
