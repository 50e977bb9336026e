/** RFC 5025 §3.3: what is left of a presence document for somebody to whom only parts of it are provided. */
import type { Portion, Selection, UserInputLevel } from '#presence/rules/portion.ts';
import type { Element } from '#xml/element.ts';
import { isRpid } from './activities.ts';
import { NO_NOTES } from './notes.ts';
import type { Pidf, PidfPart, PresenceDevice, Tuple, UserInput } from './pidf.ts';

export function provide(pidf: Pidf, provided: Portion): Pidf {
  const shown = new Shown(provided);
  const { services, persons, devices } = provided;
  return {
    entity: pidf.entity,
    tuples: pidf.tuples
      .filter((tuple) => isSelected(services, tuple, tuple.contact?.uri))
      .map((one) => shown.tuple(one)),
    persons: pidf.persons.filter((person) => isSelected(persons, person)).map((one) => shown.part(one)),
    devices: pidf.devices.filter((device) => isSelected(devices, device)).map((one) => shown.part(one)),
    notes: shown.has('note') ? pidf.notes : NO_NOTES,
    extra: pidf.extra.filter((element) => shown.hasElement(element)),
    ...(pidf.activities !== undefined && shown.has('activities') && { activities: pidf.activities }),
  };
}

/** §3.3.1. */
function isSelected(selection: Selection | undefined, part: PresenceDevice, uri = ''): boolean {
  if (selection === undefined || selection === 'all') return selection === 'all';
  return selection.some(({ by, value }) => {
    switch (by) {
      case 'occurrence-id':
        return part.id === value;
      case 'deviceID':
        return part.deviceId === value;
      case 'class':
        return classOf(part) === value;
      case 'service-uri':
        return uri === value;
      default:
        return uri.slice(0, Math.max(uri.indexOf(':'), 0)).toLowerCase() === value.toLowerCase();
    }
  });
}

/** RFC 4480 §3.3. */
function classOf({ extra }: PidfPart): string | undefined {
  return extra
    .find(({ name, ns }) => name === 'class' && isRpid(ns))
    ?.text()
    .trim();
}

class Shown {
  #provided: Portion;
  #attributes: ReadonlySet<string>;

  constructor(provided: Portion) {
    this.#provided = provided;
    this.#attributes = new Set(provided.attributes);
  }

  has(attribute: string): boolean {
    return this.#provided.allAttributes === true || this.#attributes.has(attribute);
  }

  hasElement({ name, ns }: Element): boolean {
    if (isRpid(ns) && this.has(name)) return true;
    if (this.#provided.allAttributes) return true;
    return this.#provided.unknownAttributes.some((one) => one.name === name && one.ns === ns);
  }

  tuple(tuple: Tuple): Tuple {
    const { basic, contact, show, statusExtra } = tuple;
    return {
      ...this.part(tuple),
      statusExtra: statusExtra.filter((element) => this.hasElement(element)),
      ...(basic !== undefined && { basic }),
      ...(contact !== undefined && { contact }),
      // What RPID says with an activity.
      ...(show !== undefined && this.has('activities') && { show }),
    };
  }

  part(part: PresenceDevice): PresenceDevice {
    const { id, activities, timestamp, deviceId } = part;
    const userInput = this.#userInput(part.userInput);
    return {
      id,
      notes: this.has('note') ? part.notes : NO_NOTES,
      extra: part.extra.filter((element) => this.hasElement(element)),
      ...(activities !== undefined && this.has('activities') && { activities }),
      ...(userInput !== undefined && { userInput }),
      ...(timestamp !== undefined && { timestamp }),
      ...(deviceId !== undefined && this.has('deviceID') && { deviceId }),
    };
  }

  /** §3.3.2.11. */
  #userInput(input: UserInput | undefined): UserInput | undefined {
    const { allAttributes, userInput = 'false' } = this.#provided;
    const level: UserInputLevel = allAttributes ? 'full' : userInput;
    if (input === undefined || level === 'false') return undefined;
    if (level === 'full') return input;
    const { state, idleThresholdSeconds } = input;
    return level === 'thresholds' && idleThresholdSeconds !== undefined ? { state, idleThresholdSeconds } : { state };
  }
}
