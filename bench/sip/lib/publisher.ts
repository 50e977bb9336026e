/** Somebody who publishes presence (RFC 3903), one request after the other: each needs the last one's entity-tag. */
import { randomBytes } from 'node:crypto';
import type { Endpoint } from './endpoint.ts';
import { header } from './message.ts';
import { UserAgent } from './user-agent.ts';

export class Publisher {
  readonly presentity: string;
  #agent: UserAgent;
  #dialog: string;
  #run = randomBytes(4).toString('hex');
  #entityTag = '';
  #count = 0;

  constructor(endpoint: Endpoint, user: string, domain: string, password: string) {
    this.presentity = `sip:${user}@${domain}`;
    this.#agent = new UserAgent(endpoint, user, password);
    const [tag, callId] = [randomBytes(4).toString('hex'), randomBytes(8).toString('hex')];
    this.#dialog = `From: <${this.presentity}>;tag=${tag}\r\nTo: <${this.presentity}>\r\nCall-ID: ${callId}\r\n`;
  }

  /** The token of the next state. */
  get nextToken(): string {
    return `tok-${this.#run}-${this.#count}`;
  }

  /** Publishes a state with the next token. @throws an Error where the answer is not what it has to be */
  async publish(): Promise<void> {
    const body =
      `<?xml version="1.0" encoding="UTF-8"?>\r\n<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="${this.presentity}">` +
      `<tuple id="t1"><status><basic>${this.#count % 2 === 0 ? 'open' : 'closed'}</basic></status>` +
      `<contact priority="0.8">${this.presentity}</contact><note>${this.nextToken}</note></tuple></presence>`;
    this.#count++;
    await this.#send(3600, 'Content-Type: application/pidf+xml\r\n', body);
  }

  /** Takes the publication back. */
  async remove(): Promise<void> {
    await this.#send(0, '', '');
  }

  async #send(expires: number, type: string, body: string): Promise<void> {
    const match = this.#entityTag === '' ? '' : `SIP-If-Match: ${this.#entityTag}\r\n`;
    const lines = `${this.#dialog}Event: presence\r\nExpires: ${expires}\r\n${match}${type}`;
    const response = await this.#agent.send('PUBLISH', this.presentity, lines, body);
    if (response.status !== 200) throw new Error(`PUBLISH: ${response.startLine}`);
    this.#entityTag = header(response, 'sip-etag');
    if (this.#entityTag === '' && expires > 0) throw new Error('the answer to PUBLISH has no SIP-ETag');
  }
}
