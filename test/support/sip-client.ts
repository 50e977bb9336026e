/** A SIP user agent for tests: says what it is told to, and shows what comes. It shares no code with the server. */
import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface SipClientOptions {
  port: number;
  transport?: 'udp' | 'tcp' | 'tls';
  /** 'romeo' is sip:romeo@example.test. */
  person: string;
  password: string;
  domain?: string;
  /** Of the challenges, the one to answer; default the first that is known. */
  algorithm?: 'MD5' | 'SHA-256' | 'SHA-512-256';
  /** Told when a connection is gone. */
  lost?: () => void;
  /** Told of each request as it comes, before it is answered. */
  arrived?: (message: Message) => void;
}

/** A message as it came. */
export class Message {
  readonly start: string;
  /** Names in lower case. */
  readonly headers: [name: string, value: string][] = [];
  readonly body: string;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    const end = text.indexOf('\r\n\r\n');
    const [start = '', ...lines] = text.slice(0, end).split('\r\n');
    this.start = start;
    for (const line of lines) {
      const colon = line.indexOf(':');
      this.headers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
    }
    this.body = text.slice(end + 4);
  }

  get status(): number {
    return this.start.startsWith('SIP/2.0 ') ? Number(this.start.slice(8, 11)) : 0;
  }

  get reason(): string {
    return this.start.slice(12);
  }

  get method(): string {
    return this.status > 0 ? '' : this.start.split(' ', 1)[0]!;
  }

  get uri(): string {
    return this.start.split(' ')[1]!;
  }

  all(name: string): string[] {
    return this.headers.filter(([other]) => other === name).map(([, value]) => value);
  }

  get(name: string): string {
    return this.all(name)[0] ?? '';
  }

  /** The tag of From or To. */
  tag(name: 'from' | 'to'): string {
    return /;tag=([^;>\s]+)/i.exec(this.get(name))?.[1] ?? '';
  }
}

export interface RequestParts {
  /** Header lines without line ends. What stands here takes the place of what would be written by itself. */
  headers?: readonly string[];
  body?: string;
  /** Answers a challenge, once; default true. */
  authenticate?: boolean;
  /** A request within this dialog. */
  dialog?: Dialog;
}

export interface Dialog {
  callId: string;
  /** Values of From and To, with tags. */
  from: string;
  to: string;
  target: string;
  cseq: number;
}

type Optional = 'algorithm' | 'lost' | 'arrived';

const WAIT_MS = 5000;

export class SipClient {
  readonly options: Required<Omit<SipClientOptions, Optional>> & Pick<SipClientOptions, Optional>;
  readonly #send: (text: string) => void;
  readonly #end: () => void;
  readonly localPort: number;
  readonly instance = randomBytes(4).toString('hex');
  #cseq = 0;
  #callId = `${randomBytes(6).toString('hex')}@127.0.0.1`;
  #queue: Message[] = [];
  #waiting: { matches: (message: Message) => boolean; take: (message: Message) => void }[] = [];
  /** Methods of requests that are answered 200 by themselves; they can be awaited all the same. */
  readonly autoAnswer = new Set(['NOTIFY', 'MESSAGE', 'OPTIONS']);

  static async open(options: SipClientOptions): Promise<SipClient> {
    const { transport = 'udp', port } = options;
    if (transport === 'udp') {
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
      return SipClient.#onUdp(socket, options);
    }
    const socket =
      transport === 'tls'
        ? connectTls({
            port,
            host: '127.0.0.1',
            rejectUnauthorized: false,
            servername: options.domain ?? 'example.test',
          })
        : connect({ port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once(transport === 'tls' ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    return SipClient.#onStream(socket, options);
  }

  static #onUdp(socket: UdpSocket, options: SipClientOptions): SipClient {
    const send = (text: string) => socket.send(Buffer.from(text, 'utf8'), options.port, '127.0.0.1');
    const client = new SipClient(options, socket.address().port, send, () => socket.close());
    socket.on('message', (bytes) => client.#take(new Message(bytes.toString('utf8'))));
    return client;
  }

  static #onStream(socket: Socket, options: SipClientOptions): SipClient {
    const client = new SipClient(
      options,
      socket.localPort!,
      (text) => void socket.write(text),
      () => socket.destroy(),
    );
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => options.lost?.());
    socket.on('data', (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        while (pending.length >= 2 && pending[0] === 13 && pending[1] === 10) pending = pending.subarray(2);
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length\s*:\s*(\d+)/i.exec(pending.toString('utf8', 0, end))?.[1] ?? 0);
        if (pending.length < end + 4 + length) return;
        client.#take(new Message(pending.toString('utf8', 0, end + 4 + length)));
        pending = pending.subarray(end + 4 + length);
      }
    });
    return client;
  }

  private constructor(options: SipClientOptions, localPort: number, send: (text: string) => void, end: () => void) {
    this.options = { transport: 'udp', domain: 'example.test', ...options };
    this.localPort = localPort;
    this.#send = send;
    this.#end = end;
  }

  get address(): string {
    return `sip:${this.options.person}@${this.options.domain}`;
  }

  get contact(): string {
    return `<sip:${this.options.person}@127.0.0.1:${this.localPort};transport=${this.options.transport}>`;
  }

  /** Sends bytes as they are. */
  sendRaw(text: string): void {
    this.#send(text);
  }

  /** Sends a request and answers a challenge. @returns the final response to the last attempt */
  async request(method: string, uri: string, parts: RequestParts = {}): Promise<Message> {
    const response = await this.#attempt(method, uri, parts, '');
    if ((response.status !== 401 && response.status !== 407) || parts.authenticate === false) return response;
    return this.#attempt(method, uri, parts, this.#authorization(response, method, uri));
  }

  async register(expires = 3600, headers: readonly string[] = []): Promise<Message> {
    return this.request('REGISTER', `sip:${this.options.domain}`, {
      headers: [`Contact: ${this.contact}`, `Expires: ${expires}`, ...headers],
    });
  }

  /** @returns the response, and the dialog where it made one */
  async subscribe(
    to: string,
    {
      event = 'presence',
      expires = 3600,
      headers = [] as readonly string[],
      body = '',
      dialog = undefined as Dialog | undefined,
    } = {},
  ): Promise<{ response: Message; dialog: Dialog | undefined }> {
    const response = await this.request('SUBSCRIBE', dialog?.target ?? to, {
      headers: [`Event: ${event}`, `Expires: ${expires}`, `Contact: ${this.contact}`, ...headers],
      body,
      ...(dialog && { dialog }),
    });
    if (response.status >= 300) return { response, dialog: undefined };
    return { response, dialog: dialog ?? this.#dialogOf(response) };
  }

  /** @param tag of the publication that is refreshed, changed or removed */
  publish(body: string, { tag = '', expires = 3600, headers = [] as readonly string[] } = {}): Promise<Message> {
    return this.request('PUBLISH', this.address, {
      headers: [
        'Event: presence',
        `Expires: ${expires}`,
        ...(tag === '' ? [] : [`SIP-If-Match: ${tag}`]),
        ...(body === '' ? [] : ['Content-Type: application/pidf+xml']),
        ...headers,
      ],
      body,
    });
  }

  message(
    to: string,
    body: string,
    headers: readonly string[] = ['Content-Type: text/plain;charset=UTF-8'],
  ): Promise<Message> {
    return this.request('MESSAGE', to, { headers, body });
  }

  /** The next request of a method that was not looked at yet. */
  expect(method: string, matches: (message: Message) => boolean = () => true): Promise<Message> {
    return this.next((message) => message.method === method && matches(message), method);
  }

  /** Answers a request of which the method is not in `autoAnswer`. */
  reply(request: Message, status: string, headers: readonly string[] = [], body = ''): void {
    const echoed = request.headers
      .filter(([name]) => ['via', 'from', 'to', 'call-id', 'cseq', 'record-route'].includes(name))
      .map(
        ([name, value]) =>
          `${name}: ${name === 'to' && !/;tag=/.test(value) ? `${value};tag=${this.instance}` : value}`,
      );
    this.#send(
      `${[`SIP/2.0 ${status}`, ...echoed, ...headers, `Content-Length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`,
    );
  }

  /** Waits for the next message, looked at in the order in which they came. */
  next(matches: (message: Message) => boolean, what = 'a message'): Promise<Message> {
    const at = this.#queue.findIndex(matches);
    if (at >= 0) return Promise.resolve(this.#queue.splice(at, 1)[0]!);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.options.person} waited for ${what} in vain`)), WAIT_MS);
      const take = (message: Message) => {
        clearTimeout(timer);
        resolve(message);
      };
      this.#waiting.push({ matches, take });
    });
  }

  /** What has come and was not looked at. */
  get unread(): readonly Message[] {
    return this.#queue;
  }

  close(): void {
    this.#end();
  }

  #take(message: Message): void {
    if (message.method !== '') this.options.arrived?.(message);
    if (message.method !== '' && this.autoAnswer.has(message.method)) this.reply(message, '200 OK');
    const at = this.#waiting.findIndex(({ matches }) => matches(message));
    if (at >= 0) this.#waiting.splice(at, 1)[0]!.take(message);
    else this.#queue.push(message);
  }

  #attempt(
    method: string,
    uri: string,
    { headers = [], body = '', dialog }: RequestParts,
    authorization: string,
  ): Promise<Message> {
    const branch = `z9hG4bK${randomBytes(6).toString('hex')}`;
    const cseq = dialog === undefined ? ++this.#cseq : ++dialog.cseq;
    const to = method === 'REGISTER' || method === 'PUBLISH' ? this.address : uri;
    const tag = method === 'REGISTER' ? this.instance : randomBytes(4).toString('hex');
    const callId = method === 'REGISTER' ? this.#callId : `${randomBytes(8).toString('hex')}@127.0.0.1`;
    const own = [
      `Via: SIP/2.0/${this.options.transport.toUpperCase()} 127.0.0.1:${this.localPort};branch=${branch};rport`,
      'Max-Forwards: 70',
      `From: ${dialog?.from ?? `<${this.address}>;tag=${tag}`}`,
      `To: ${dialog?.to ?? `<${to}>`}`,
      `Call-ID: ${dialog?.callId ?? callId}`,
      `CSeq: ${cseq} ${method}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const given = new Set(headers.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()));
    const lines = own.filter((line) => !given.has(line.slice(0, line.indexOf(':')).toLowerCase()));
    const all = [`${method} ${uri} SIP/2.0`, ...lines, ...headers, ...(authorization === '' ? [] : [authorization])];
    const answer = this.next(
      (message) =>
        message.status >= 200 && message.get('cseq') === `${cseq} ${method}` && message.get('via').includes(branch),
      `an answer to ${method}`,
    );
    this.#send(`${all.join('\r\n')}\r\n\r\n${body}`);
    return answer;
  }

  #dialogOf(response: Message): Dialog {
    return {
      callId: response.get('call-id'),
      from: response.get('from'),
      to: response.get('to'),
      target: /<([^>]+)>/.exec(response.get('contact'))?.[1] ?? '',
      cseq: Number.parseInt(response.get('cseq'), 10),
    };
  }

  /** RFC 3261 §22, RFC 8760. */
  #authorization(response: Message, method: string, uri: string): string {
    const challenges = response
      .all(response.status === 401 ? 'www-authenticate' : 'proxy-authenticate')
      .map(parameters);
    const challenge = challenges.find(({ algorithm = 'MD5' }) =>
      this.options.algorithm === undefined ? algorithm in HASHES : algorithm === this.options.algorithm,
    );
    if (challenge === undefined) throw new Error(`no challenge that can be answered: ${response.text}`);
    const { realm = '', nonce = '', algorithm = 'MD5', qop, opaque } = challenge;
    const hash = (text: string) => createHash(HASHES[algorithm]!).update(text).digest('hex');
    const cnonce = randomBytes(4).toString('hex');
    const middle = qop === undefined ? nonce : `${nonce}:00000001:${cnonce}:auth`;
    const ha1 = hash(`${this.options.person}:${realm}:${this.options.password}`);
    const answer = hash(`${ha1}:${middle}:${hash(`${method}:${uri}`)}`);
    const name = response.status === 401 ? 'Authorization' : 'Proxy-Authorization';
    const extra = qop === undefined ? '' : `, qop=auth, nc=00000001, cnonce="${cnonce}"`;
    const opaquePart = opaque === undefined ? '' : `, opaque="${opaque}"`;
    return `${name}: Digest username="${this.options.person}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${answer}", algorithm=${algorithm}${extra}${opaquePart}`;
  }
}

const HASHES: Record<string, string> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

function parameters(challenge: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, quoted, token] of challenge.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)) {
    found[name!] = quoted ?? token!;
  }
  return found;
}
