/** What of somebody's presence is shown: the words of RFC 5025 §3.3, which are those of the model of RFC 4479. */

/** §3.3.1: which services, persons or devices. 'all', or those that one of these fits. */
export type Selection = 'all' | readonly Selector[];

export interface Selector {
  /** service-uri, service-uri-scheme, deviceID, class, occurrence-id. */
  readonly by: string;
  readonly value: string;
}

/** §3.3.2.11, in rising order. */
export const USER_INPUTS = ['false', 'bare', 'thresholds', 'full'] as const;
export type UserInputLevel = (typeof USER_INPUTS)[number];

export interface Portion {
  readonly services?: Selection;
  readonly persons?: Selection;
  readonly devices?: Selection;
  readonly allAttributes?: boolean;
  readonly userInput?: UserInputLevel;
  /** §3.3.2: as `activities`, `note`. */
  readonly attributes: readonly string[];
  /** §3.3.2.15. */
  readonly unknownAttributes: readonly { readonly ns: string; readonly name: string }[];
}

export const NO_PORTION: Portion = { attributes: [], unknownAttributes: [] };

export function isWhole({ services, persons, devices, allAttributes }: Portion): boolean {
  return services === 'all' && persons === 'all' && devices === 'all' && allAttributes === true;
}

/** RFC 4745 §10.2: who is given something by one rule has it, whatever others say. */
export function combine(one: Portion, other: Portion): Portion {
  const services = combineSelections(one.services, other.services);
  const persons = combineSelections(one.persons, other.persons);
  const devices = combineSelections(one.devices, other.devices);
  const level = Math.max(levelOf(one), levelOf(other));
  return {
    attributes: [...new Set([...one.attributes, ...other.attributes])],
    unknownAttributes: [...one.unknownAttributes, ...other.unknownAttributes],
    ...(services !== undefined && { services }),
    ...(persons !== undefined && { persons }),
    ...(devices !== undefined && { devices }),
    ...((one.allAttributes || other.allAttributes) && { allAttributes: true }),
    ...(level >= 0 && { userInput: USER_INPUTS[level]! }),
  };
}

function levelOf({ userInput }: Portion): number {
  return userInput === undefined ? -1 : USER_INPUTS.indexOf(userInput);
}

function combineSelections(one: Selection | undefined, other: Selection | undefined): Selection | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one === 'all' || other === 'all' ? 'all' : [...one, ...other];
}
