/** Carries out what a SASL exchange asks for: looks accounts up, checks passwords, and slows those who guess. */
import type { Account, Accounts } from '#accounts/accounts.ts';
import type { Throttle } from '#accounts/throttle.ts';
import { Failure } from '#base/failure.ts';
import type { ClientInput, SaslExchange, SaslInput, SaslStep } from './sasl.ts';
import { NOT_ENABLED } from './sasl-failure.ts';

export interface SignInServices {
  readonly accounts: Pick<Accounts, 'credentialsOf' | 'revision' | 'verify'>;
  readonly throttle: Pick<Throttle, 'attempt' | 'failed' | 'succeeded'>;
}

/** A step for the client, and with success the account; a server that has signed in has none. */
export type SignInAnswer = Exclude<SaslStep, { need: unknown }> & { readonly account?: Account };

/** One attempt of one client. */
export class SignIn {
  readonly #exchange: SaslExchange;
  readonly #ip: string;
  readonly #services: SignInServices;
  #account: Account | undefined;
  /** The state of the accounts when this one was read. */
  #revision = 0;
  /** Whose password is being tried. */
  #guessed: string | undefined;

  /** @param ip where the client is, as its socket says */
  constructor(exchange: SaslExchange, ip: string, services: SignInServices) {
    this.#exchange = exchange;
    this.#ip = ip;
    this.#services = services;
  }

  /** Goes on by what the client has sent. Nothing else may be taken from it until the answer is there. */
  async take(input: ClientInput): Promise<SignInAnswer> {
    let step = this.#exchange.step(input);
    while ('need' in step) step = this.#exchange.step(await this.#provide(step));
    if ('challenge' in step) return step;
    return this.#guessing(await this.#current(step));
  }

  /** `Accounts.revision` as of what the answer rests on. */
  get revision(): number {
    return this.#revision;
  }

  /** The address of the account that the attempt is for, for the log, once it is known. */
  get address(): string | undefined {
    return this.#guessed ?? this.#account?.address;
  }

  async #provide(step: Extract<SaslStep, { need: unknown }>): Promise<SaslInput> {
    try {
      if (step.need === 'credentials') return await this.#read(step.address);
      const matches = await this.#services.accounts.verify(this.#account, step.credentials, step.password);
      return { on: 'verified', matches };
    } catch (error) {
      if (error instanceof Failure) return { on: 'unavailable', text: 'The server cannot check this now.' };
      throw error;
    }
  }

  async #read(address: string): Promise<SaslInput> {
    const { accounts, throttle } = this.#services;
    // A certificate is not guessed: whoever guesses passwords must not get in the way of one.
    if (this.#exchange.isGuessable) {
      this.#guessed = address;
      const attempt = throttle.attempt(address, this.#ip);
      if (!attempt.allowed) return { on: 'unavailable', text: tooMany(attempt.retryAfterMs) };
    }
    this.#revision = accounts.revision;
    const { account, credentials } = await accounts.credentialsOf(address);
    this.#account = account;
    return {
      on: 'account',
      account: {
        known: account !== undefined,
        enabled: account?.enabled ?? false,
        isEndUser: account?.endUser !== undefined,
        credentials,
      },
    };
  }

  /** Success, unless the account was removed, disabled or given another password in the course of it. */
  async #current(step: SignInAnswer): Promise<SignInAnswer> {
    const account = this.#account;
    if (!('success' in step) || account === undefined) return step;
    if (this.#revision !== this.#services.accounts.revision) {
      this.#revision = this.#services.accounts.revision;
      const { account: now } = await this.#services.accounts.credentialsOf(account.address);
      const same = now?.id === account.id && now.enabled && now.passwordChangedAt === account.passwordChangedAt;
      if (!same) return { failure: 'temporary-auth-failure', text: 'The account was changed meanwhile.' };
    }
    return { ...step, account };
  }

  /**
   * Asks the throttle once more before anything is told: of guesses that were made side by side no more are answered
   * than of guesses made one by one.
   */
  #guessing(step: SignInAnswer): SignInAnswer {
    const address = this.#guessed;
    const tells = 'success' in step || ('failure' in step && TELLS.has(step.failure));
    if (address === undefined || !tells) return step;
    const { throttle } = this.#services;
    const attempt = throttle.attempt(address, this.#ip);
    if (!attempt.allowed) return { failure: 'temporary-auth-failure', text: tooMany(attempt.retryAfterMs) };
    if ('success' in step) throttle.succeeded(address, this.#ip);
    else if (step.failure === 'not-authorized' && step.text !== NOT_ENABLED) throttle.failed(address, this.#ip);
    return step;
  }
}

/** Failures that say something of whether the password was right. */
const TELLS: ReadonlySet<string> = new Set(['not-authorized', 'account-disabled']);

function tooMany(retryAfterMs: number): string {
  return `Too many wrong passwords; try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
}
