import type { Account } from '#accounts/accounts.ts';
import type { Element } from '#xml/element.ts';
import type { XmppEdge } from '../edge.ts';
import { StreamError } from '../wire/stream-error.ts';
import { offeredBindingTypes, offeredMechanisms, startSasl } from './sasl.ts';
import { readSasl, saslAnswer, saslFeatures } from './sasl-elements.ts';
import { SaslFailure } from './sasl-failure.ts';
import type { SaslContext, TlsContext } from './sasl-mechanism.ts';
import { SignIn } from './sign-in.ts';

/** Who has signed in, and the state of the accounts (`Accounts.revision`) at that moment. */
export interface SignedIn {
  readonly account: Account;
  readonly revision: number;
}

/** The attempts of one client to sign in on one connection. RFC 6120 §6. */
export class Authentication {
  #xmpp: XmppEdge;
  #address: string;
  #signIn: SignIn | undefined;
  #failed = 0;

  /** @param address the client's network address */
  constructor(xmpp: XmppEdge, address: string) {
    this.#xmpp = xmpp;
    this.#address = address;
  }

  /** What is announced among the stream's features. */
  features(domain: string, tls: TlsContext | undefined): Element[] {
    const context = this.#context(domain, tls);
    return saslFeatures(offeredMechanisms(context), offeredBindingTypes(context));
  }

  /**
   * Takes an element of the SASL namespace (RFC 6120 §6.4).
   * @param send is given the answer
   * @returns who has signed in; undefined while nobody has
   * @throws {StreamError} 'policy-violation' after too many failures; the last one has been answered
   */
  async take(
    child: Element,
    { domain, tls }: { domain: string; tls: TlsContext | undefined },
    send: (answer: Element) => void,
  ): Promise<SignedIn | undefined> {
    try {
      if (domain === '') throw new SaslFailure('malformed-request');
      const said = readSasl(child);
      if (said === undefined) throw new SaslFailure('malformed-request', `<${child.name}/> is not for clients.`);
      if (said.mechanism !== undefined) {
        const exchange = startSasl(said.mechanism, this.#context(domain, tls));
        this.#signIn = new SignIn(exchange, this.#address, this.#xmpp.signInServices);
      }
      const signIn = this.#signIn;
      if (signIn === undefined) throw new SaslFailure('malformed-request', 'No sign-in is under way.');
      const answer = await signIn.take(said.input as Parameters<SignIn['take']>[0]);
      if ('failure' in answer) throw new SaslFailure(answer.failure, answer.text ?? '');
      send(saslAnswer(answer));
      if (answer.account === undefined) return undefined;
      this.#xmpp.counts.signIns.of('success').add(1);
      return { account: answer.account, revision: signIn.revision };
    } catch (error) {
      if (!(error instanceof SaslFailure)) throw error;
      this.#refuse(error, send);
      return undefined;
    }
  }

  /** RFC 6120 §6.4.5: some tries are allowed. */
  #refuse({ condition, text }: SaslFailure, send: (answer: Element) => void): void {
    const account = this.#signIn?.address;
    this.#signIn = undefined;
    this.#xmpp.counts.signIns.of(condition).add(1);
    this.#xmpp.log.info({ peer: this.#address, account, reason: condition }, 'sign-in refused');
    send(saslAnswer({ failure: condition, ...(text !== '' && { text }) }));
    // COMPAT(slixmpp, before 1.8.5): binds TLS 1.3 by what is not defined for it, hash by hash, and then says of each hash
    // that there was nothing to bind to, before it comes to PLAIN. Who named no account has guessed no password.
    this.#failed += account === undefined ? 0.5 : 1;
    if (this.#failed >= this.#xmpp.limits.signInAttempts) {
      throw new StreamError('policy-violation', 'Too many failed sign-ins on one connection.');
    }
  }

  #context(domain: string, tls: TlsContext | undefined): SaslContext {
    const { accounts, listeners, sasl } = this.#xmpp;
    const isPlainOnly = accounts.passwordOwner !== undefined;
    return {
      domain,
      tls,
      // Passwords that are elsewhere are checked there, which takes them in clear.
      allowed: isPlainOnly ? sasl.mechanisms.filter((name) => !name.startsWith('SCRAM-')) : sasl.mechanisms,
      withoutTls: !listeners.requireTls,
      downgradeProtection: sasl.downgradeProtection,
    };
  }
}
