/** What Unified CM says of an end user, as far as this server needs it. What is not there is ''. */
export interface EndUserFacts {
  /** Lower case, without braces; the same for as long as the end user is there. */
  readonly uuid: string;
  readonly userid: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly mail: string;
  readonly directoryUri: string;
  readonly telephone: string;
  readonly department: string;
  readonly title: string;
  /** Whether the end user's status is active. */
  readonly active: boolean;
  readonly homeCluster: boolean;
  readonly imAndPresence: boolean;
}

/** An end user as this server knows it. */
export interface EndUser extends EndUserFacts {
  /** The account that is the end user's; undefined while there is none. */
  readonly account: { readonly id: number; readonly address: string } | undefined;
  /** The presence node that the end user is assigned to; '' for none. */
  readonly node: string;
  /** Why not all is as Unified CM says: no account was made, or it kept its old address. '' when all is well. */
  readonly reason: string;
  /** When the password was set that the account's keys are made of; undefined where Unified CM gave none. */
  readonly keysSetAt: number | undefined;
  /** Since when Unified CM does not have the end user any more. */
  readonly missingSinceAt: number | undefined;
}

/**
 * Whether an end user may use instant messaging and presence: enabled for it, at home in this cluster, and active.
 * Somebody else cannot sign in and is seen by nobody.
 */
export function isEnabled({ active, homeCluster, imAndPresence }: EndUserFacts): boolean {
  return active && homeCluster && imAndPresence;
}

const FACTS = [
  'uuid',
  'userid',
  'firstName',
  'lastName',
  'mail',
  'directoryUri',
  'telephone',
  'department',
  'title',
  'active',
  'homeCluster',
  'imAndPresence',
] as const satisfies readonly (keyof EndUserFacts)[];

export function isSameFacts(a: EndUserFacts, b: EndUserFacts): boolean {
  return FACTS.every((name) => a[name] === b[name]);
}
