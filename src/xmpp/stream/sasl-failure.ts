/** RFC 6120 §6.5. */
export type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'credentials-expired'
  | 'encryption-required'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'mechanism-too-weak'
  | 'not-authorized'
  | 'temporary-auth-failure';

/** Ends an attempt to sign in. @param text for the person at the client; says nothing of whether an account exists */
export class SaslFailure extends Error {
  readonly condition: SaslCondition;
  readonly text: string;

  constructor(condition: SaslCondition, text = '') {
    super(text === '' ? condition : `${condition}: ${text}`);
    this.name = 'SaslFailure';
    this.condition = condition;
    this.text = text;
  }
}
