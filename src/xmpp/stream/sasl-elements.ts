/** The elements of SASL. RFC 6120 §6.3, §6.4; XEP-0440. */
import { type Element, element } from '#xml/element.ts';
import { NS_SASL } from '../wire/namespaces.ts';
import type { ClientInput, SaslStep } from './sasl.ts';
import { SaslFailure } from './sasl-failure.ts';

const NS_CHANNEL_BINDING = 'urn:xmpp:sasl-cb:0';
const XML_LANG = '{http://www.w3.org/XML/1998/namespace}lang';

/** Stream features: the mechanisms, and beside them the types of channel binding where there are some. */
export function saslFeatures(mechanisms: readonly string[], bindingTypes: readonly string[]): Element[] {
  if (mechanisms.length === 0) return [];
  const names = mechanisms.map((name) => element('mechanism', NS_SASL, {}, name));
  const features = [element('mechanisms', NS_SASL, {}, ...names)];
  if (bindingTypes.length > 0) {
    const types = bindingTypes.map((type) => element('channel-binding', NS_CHANNEL_BINDING, { type }));
    features.push(element('sasl-channel-binding', NS_CHANNEL_BINDING, {}, ...types));
  }
  return features;
}

/**
 * What an element of the SASL namespace says.
 * @returns the input for the exchange; with `<auth/>` the mechanism too; undefined for an element that clients do not send
 * @throws {SaslFailure} 'malformed-request', when it holds elements where base64 belongs
 */
export function readSasl(received: Element): { input: ClientInput; mechanism?: string } | undefined {
  if (received.name === 'abort') return { input: { on: 'abort' } };
  if (received.name !== 'auth' && received.name !== 'response') return undefined;
  if (received.elements().length > 0) throw new SaslFailure('malformed-request', 'an element in place of base64');
  const input: ClientInput = { on: received.name, text: received.text() };
  if (received.name === 'response') return { input };
  return { input, mechanism: received.attribute('mechanism') ?? '' };
}

/** What is sent for a step. A step that needs something is not for the client. */
export function saslAnswer(step: Exclude<SaslStep, { need: unknown }>): Element {
  if ('challenge' in step) return element('challenge', NS_SASL, {}, encode(step.challenge));
  if ('failure' in step) return saslFailure(step.failure, step.text);
  // RFC 6120 §6.4.6: no additional data is an empty element, data of no length would be an equals sign.
  return element('success', NS_SASL, {}, step.additional && (encode(step.additional) || '='));
}

function saslFailure(condition: string, text: string | undefined): Element {
  const said = text && element('text', NS_SASL, { [XML_LANG]: 'en' }, text);
  return element('failure', NS_SASL, {}, element(condition, NS_SASL), said || undefined);
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
