/** Somebody who sends requests and answers challenges. A nonce is used on until the server wants another. */
import { authorize, type Challenge, challengeOf } from './digest.ts';
import type { Endpoint } from './endpoint.ts';
import type { Message } from './message.ts';

export class UserAgent {
  readonly user: string;
  readonly endpoint: Endpoint;
  #password: string;
  #cseq = 0;
  #challenge: Challenge | undefined;

  constructor(endpoint: Endpoint, user: string, password: string) {
    this.endpoint = endpoint;
    this.user = user;
    this.#password = password;
  }

  /** @param lines  header lines, each ended by CRLF, without CSeq */
  async send(method: string, uri: string, lines: string, body = ''): Promise<Message> {
    const response = await this.#once(method, uri, lines, body);
    if (response.status !== 401 && response.status !== 407) return response;
    this.#challenge = challengeOf(response);
    return this.#challenge === undefined ? response : this.#once(method, uri, lines, body);
  }

  #once(method: string, uri: string, lines: string, body: string): Promise<Message> {
    const answer = this.#challenge ? authorize(this.#challenge, this.user, this.#password, method, uri) : '';
    return this.endpoint.request(method, uri, `${lines}CSeq: ${++this.#cseq} ${method}\r\n${answer}`, body);
  }
}
