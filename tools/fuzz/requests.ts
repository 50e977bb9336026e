import { createHash } from 'node:crypto';
import type { Random } from '../torture/random.ts';
import { mutate } from './mutate.ts';

/** What a request is made of that a client sends on its way. */
export interface Sender {
  person: string;
  password: string;
  transport: 'UDP' | 'TCP' | 'TLS';
  localPort: number;
  /** Of the last challenge; '' for none. */
  nonce: string;
  /** How often it was answered. */
  count: number;
}

const PIDF = (inside: string, entity = 'sip:romeo@example.test') =>
  `<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='${entity}'>${inside}</presence>`;
const TUPLE = "<tuple id='a'><status><basic>open</basic></status></tuple>";
const BODIES: readonly [type: string, body: string][] = [
  ['text/plain', 'Wherefore art thou?'],
  ['text/plain;charset=UTF-8', '\xc3\xbc \xff \0 ]]> & <'],
  ['text/html', '<b>no</b>'],
  ['application/pidf+xml', PIDF(TUPLE)],
  ['application/pidf+xml', PIDF("<tuple id='a'><status><basic>closed</basic></status><note>away</note></tuple>")],
  ['application/pidf+xml', PIDF(TUPLE.repeat(20))],
  ['application/pidf+xml', '<presence'],
  [
    'message/cpim',
    'From: <sip:romeo@example.test>\r\nTo: <sip:nurse@example.test>\r\n\r\nContent-Type: text/plain\r\n\r\nHark',
  ],
  [
    'application/im-iscomposing+xml',
    "<isComposing xmlns='urn:ietf:params:xml:ns:im-iscomposing'><state>active</state></isComposing>",
  ],
  ['message/imdn+xml', "<imdn xmlns='urn:ietf:params:xml:ns:imdn'><message-id>a</message-id></imdn>"],
  [
    'application/simple-filter+xml',
    "<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><filter id='a'><what/></filter></filter-set>",
  ],
  [
    'application/resource-lists+xml',
    "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list><entry uri='sip:nurse@example.test'/></list></resource-lists>",
  ],
  ['multipart/mixed;boundary=a', '--a\r\nContent-Type: text/plain\r\n\r\nHark\r\n--a--'],
  ['application/pkcs7-mime', 'MIIB'],
];
const URIS = [
  'sip:example.test',
  'sip:romeo@example.test',
  'sip:nurse@example.test',
  'sip:nobody@example.test',
  'sip:romeo-list@example.test',
  'sip:romeo@example.test;gr=a',
  'sips:nurse@example.test',
  'pres:nurse@example.test',
  'im:nurse@example.test',
  'sip:romeo%40@example.test',
  'tel:+4711',
];
const EVENTS = ['presence', 'presence.winfo', 'message-summary', 'reg', 'xcap-diff', 'presence;id=1', 'weather', ''];
const NUMBERS = ['0', '1', '60', '3600', '4294967295', '99999999999', '-1', 'x', ''];
const HEADERS = [
  'Supported: eventlist, path, gruu, outbound',
  'Require: eventlist',
  'Require: future',
  'Accept: application/pidf+xml, application/rlmi+xml, multipart/related',
  'Accept: application/pidf-diff+xml',
  'Accept: image/png',
  'Suppress-If-Match: *',
  'SIP-If-Match: gone',
  'Max-Forwards: 0',
  'Route: <sip:example.test;lr>',
  'Record-Route: <sip:127.0.0.1;lr>',
  'Path: <sip:127.0.0.1;lr;ob>',
  'Content-Encoding: gzip',
  'Subject: \xc3\xa4',
  'Content-Language: de, en',
  'Reply-To: <sip:nurse@example.test>',
  'Date: Sat, 13 Nov 2010 23:29:00 GMT',
  'Priority: urgent',
  'User-Agent: baresip v1.0',
];
const METHODS = [
  'REGISTER',
  'REGISTER',
  'SUBSCRIBE',
  'SUBSCRIBE',
  'PUBLISH',
  'PUBLISH',
  'MESSAGE',
  'MESSAGE',
  'OPTIONS',
  'INVITE',
  'CANCEL',
  'ACK',
  'BYE',
  'NOTIFY',
  'REFER',
  'JUMP',
];
const WORDS = [
  '\r\n', '\r\n\r\n', '\r\n ', ':', ';', ',', '"', '<', '>', '@', '%00', '%', ' ', '\0', ';tag=1', 'Via: ', 'To: ', 'l: 0', ';rport', ';received=',
  '*', '=', ';lr', '2147483648', ';expires=0', ';q=2', ';reg-id=1', '+sip.instance="<urn:uuid:a>"', 'presence', '3600', '<note>', '</', '\xff',
]; // biome-ignore format: a list
/** Where anything of ours may be sent. Whatever would go elsewhere is not said: a fuzzer stays on its machine. */
const HOSTS = new Set(['example.test', '127.0.0.1']);

/** Of those said before, pieces get into others. */
const MAX_SAID = 50;

/** Mostly right requests in any order, and wrong ones made of them. */
export class RequestMaker {
  readonly #random: Random;
  readonly #said: Buffer[] = [Buffer.from('OPTIONS sip:example.test SIP/2.0\r\n\r\n')];
  #made = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @returns a byte string */
  next(sender: Sender): string {
    const text = this.#right(sender);
    const bytes = Buffer.from(text, 'latin1');
    if (this.#random.between(0, 1) === 0) return this.#remember(bytes, text);
    const wrong = mutate(bytes, this.#random.pick(this.#said), WORDS, this.#random).toString('latin1');
    return staysHere(wrong) ? wrong : text;
  }

  #remember(bytes: Buffer, text: string): string {
    if (this.#said.length < MAX_SAID) this.#said.push(bytes);
    else this.#said[this.#made % MAX_SAID] = bytes;
    return text;
  }

  #right(sender: Sender): string {
    const random = this.#random;
    const id = `fuzz${++this.#made}`;
    const method = random.pick(METHODS);
    const own = `sip:${sender.person}@example.test`;
    const uri = method === 'REGISTER' ? 'sip:example.test' : random.between(0, 2) === 0 ? own : random.pick(URIS);
    const [type, body] = random.between(0, 1) === 0 ? random.pick(BODIES) : ['', ''];
    const port = sender.localPort;
    const dialog = random.between(0, 7) === 0 ? ';tag=a' : '';
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${sender.transport} 127.0.0.1:${port};branch=z9hG4bK${id};rport`,
      `From: <${own}>;tag=${id}`,
      `To: <${method === 'REGISTER' ? own : uri}>${dialog}`,
      `Call-ID: ${random.between(0, 3) === 0 ? 'same' : id}`,
      `CSeq: ${this.#made} ${method}`,
      ...this.#contact(sender),
    ];
    if (method === 'SUBSCRIBE' || method === 'PUBLISH' || method === 'NOTIFY')
      lines.push(`Event: ${random.pick(EVENTS)}`);
    if (random.between(0, 2) === 0) lines.push(`Expires: ${random.pick(NUMBERS)}`);
    for (let more = random.between(0, 2); more > 0; more--) lines.push(random.pick(HEADERS));
    if (type !== '') lines.push(`Content-Type: ${type}`);
    if (sender.nonce !== '') lines.push(credentials(sender, method, uri));
    return `${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }

  #contact({ person, localPort, transport }: Sender): string[] {
    const uri = `sip:${person}@127.0.0.1:${localPort};transport=${transport.toLowerCase()}`;
    switch (this.#random.between(0, 7)) {
      case 0:
        return [];
      case 1:
        return ['Contact: *', 'Expires: 0'];
      case 2:
        return [`Contact: <${uri}>;+sip.instance="<urn:uuid:${person}>";reg-id=${this.#random.between(1, 3)}`];
      case 3:
        return [
          `Contact: <${uri}>;q=0.5;expires=${this.#random.pick(NUMBERS)}, <${uri};n=${this.#random.between(1, 30)}>`,
        ];
      default:
        return [`Contact: <${uri}>`];
    }
  }
}

function staysHere(text: string): boolean {
  if (/maddr/i.test(text)) return false;
  for (const [, host = ''] of text.matchAll(/s\s*i\s*p\s*s?\s*:(?:[^@>\r]*@)?([^>;:\s?,"]*)/gi)) {
    if (!HOSTS.has(host.toLowerCase())) return false;
  }
  return true;
}

/** RFC 7616 §3.4, by MD5: the count goes on, as long as the nonce is good. */
function credentials(sender: Sender, method: string, uri: string): string {
  const { person, password, nonce } = sender;
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const nc = (++sender.count).toString(16).padStart(8, '0');
  const key = md5(`${person}:example.test:${password}`);
  const response = md5(`${key}:${nonce}:${nc}:c:auth:${md5(`${method}:${uri}`)}`);
  return (
    `Authorization: Digest username="${person}", realm="example.test", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=MD5, qop=auth, nc=${nc}, cnonce="c"`
  );
}
