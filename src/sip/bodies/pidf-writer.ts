import { Element, element } from '#xml/element.ts';
import { activitiesElement } from './activities.ts';
import { writeInstant } from './instant.ts';
import { NS_DATA_MODEL, NS_PIDF, NS_RPID, NS_XMPP } from './namespaces.ts';
import { noteElements } from './notes.ts';
import type { Pidf, PidfPart, PresenceDevice, Tuple, UserInput } from './pidf.ts';
import { writeXml } from './xml-body.ts';

/** @returns a byte string, its namespaces declared once */
export function writePidf(pidf: Pidf): string {
  return writeXml(pidfElement(pidf));
}

/** Children in the order that the schemas ask for (RFC 3863 §4.4, RFC 4479 §4). */
export function pidfElement(pidf: Pidf): Element {
  const root = new Element('presence', NS_PIDF, { entity: pidf.entity });
  const { children } = root;
  for (const tuple of pidf.tuples) children.push(tupleElement(tuple));
  children.push(...noteElements(pidf.notes, NS_PIDF));
  pidf.persons.forEach((person, i) => {
    children.push(partElement('person', person, `p${i + 1}`));
  });
  pidf.devices.forEach((device, i) => {
    children.push(partElement('device', device, `d${i + 1}`));
  });
  if (pidf.activities !== undefined) children.push(activitiesElement(pidf.activities));
  children.push(...pidf.extra);
  return root;
}

export function tupleElement(tuple: Tuple): Element {
  const found = new Element('tuple', NS_PIDF, { id: tuple.id }, [statusElement(tuple)]);
  const { children } = found;
  pushRpid(children, tuple);
  children.push(...tuple.extra);
  if (tuple.deviceId !== undefined) children.push(element('deviceID', NS_DATA_MODEL, {}, tuple.deviceId));
  if (tuple.contact !== undefined) children.push(contactElement(tuple.contact));
  children.push(...noteElements(tuple.notes, NS_PIDF));
  if (tuple.timestamp !== undefined) children.push(element('timestamp', NS_PIDF, {}, writeInstant(tuple.timestamp)));
  return found;
}

function statusElement({ basic, show, statusExtra }: Tuple): Element {
  const status = new Element('status', NS_PIDF, {}, []);
  if (basic !== undefined) status.children.push(new Element('basic', NS_PIDF, {}, [basic]));
  if (show !== undefined) status.children.push(new Element('show', NS_XMPP, {}, [show]));
  status.children.push(...statusExtra);
  return status;
}

function contactElement({ uri, priority }: NonNullable<Tuple['contact']>): Element {
  // RFC 3863 §4.1.5: three places at most.
  const attributes = priority === undefined ? {} : { priority: String(Math.round(priority * 1000) / 1000) };
  return new Element('contact', NS_PIDF, attributes, uri === '' ? [] : [uri]);
}

function partElement(name: 'person' | 'device', part: PresenceDevice, id: string): Element {
  const found = new Element(name, NS_DATA_MODEL, { id: part.id === '' ? id : part.id }, []);
  const { children } = found;
  pushRpid(children, part);
  children.push(...part.extra);
  if (part.deviceId !== undefined) children.push(element('deviceID', NS_DATA_MODEL, {}, part.deviceId));
  children.push(...noteElements(part.notes, NS_DATA_MODEL));
  if (part.timestamp !== undefined) {
    children.push(element('timestamp', NS_DATA_MODEL, {}, writeInstant(part.timestamp)));
  }
  return found;
}

function pushRpid(children: Element['children'], { activities, userInput }: PidfPart): void {
  if (activities !== undefined) children.push(activitiesElement(activities));
  if (userInput !== undefined) children.push(userInputElement(userInput));
}

function userInputElement({ state, lastInputAt, idleThresholdSeconds }: UserInput): Element {
  return element(
    'user-input',
    NS_RPID,
    {
      'idle-threshold': idleThresholdSeconds === undefined ? undefined : String(idleThresholdSeconds),
      'last-input': lastInputAt === undefined ? undefined : writeInstant(lastInputAt),
    },
    state,
  );
}
