import type { Portion } from './portion.ts';

/** RFC 5025 §3.2.1, in rising order. */
export const HANDLINGS = ['block', 'confirm', 'polite-block', 'allow'] as const;
export type Handling = (typeof HANDLINGS)[number];

/** RFC 4745 §7.1. */
export type Whom =
  | { readonly kind: 'one'; readonly address: string }
  /** Everybody, or everybody of a domain, but for addresses and domains. */
  | { readonly kind: 'many'; readonly domain?: string; readonly except: readonly string[] };

/** RFC 4745 §7.3. Epoch milliseconds. */
export interface Period {
  readonly fromAt: number;
  readonly untilAt: number;
}

/** What somebody has decided about who sees their presence. Addresses are prepared. Plain data: it is kept as JSON. */
export interface PresenceRule {
  readonly id: string;
  /** One of them is enough; undefined: everybody. */
  readonly whom?: readonly Whom[];
  /** Only whom no other rule names (OMA's `other-identity`). */
  readonly isForOthers?: true;
  /** All have to hold: in each, one of the periods. */
  readonly validity?: readonly (readonly Period[])[];
  /** RFC 4745 §7.2: all have to be what the account says of itself. */
  readonly spheres?: readonly string[];
  readonly handling: Handling;
  /** Of who is allowed. */
  readonly portion: Portion;
}

type Many = Extract<Whom, { kind: 'many' }>;

/** A rule may name thousands. */
const known = new WeakMap<readonly Whom[], { readonly ones: ReadonlySet<string>; readonly many: readonly Many[] }>();

/** Whether a rule is about somebody by name, or as one of many, whether its conditions hold or not; undefined: it is not. */
export function isAbout({ whom }: PresenceRule, address: string): Whom['kind'] | undefined {
  if (whom === undefined) return 'many';
  let sorted = known.get(whom);
  if (sorted === undefined) {
    const ones = new Set(whom.flatMap((one) => (one.kind === 'one' ? one.address : [])));
    sorted = { ones, many: whom.filter((one) => one.kind === 'many') };
    known.set(whom, sorted);
  }
  if (sorted.ones.has(address)) return 'one';
  return sorted.many.some((many) => isAmong(many, address)) ? 'many' : undefined;
}

function isAmong({ domain, except }: Many, address: string): boolean {
  const own = address.slice(address.indexOf('@') + 1);
  if (domain !== undefined && domain !== own) return false;
  return !except.includes(address) && !except.includes(own);
}
