import { createHash } from 'node:crypto';
import type { Element } from '#xml/element.ts';
import { NS_DATA_FORMS } from './namespaces.ts';

/**
 * XEP-0115 §5.1: the verification string of what service discovery answers, hashed by SHA-1.
 * @param info children of the answer's `<query/>`
 */
export function verificationString(info: readonly Element[]): string {
  const identities = info.filter(({ name }) => name === 'identity').map(identity);
  const features = info.filter(({ name }) => name === 'feature').map(({ attributes }) => attributes.var ?? '');
  const forms = info
    .filter((child) => child.is('x', NS_DATA_FORMS))
    .map(form)
    .filter((fields) => fields !== undefined);
  forms.sort((a, b) => byOctets(a[0]!, b[0]!));
  const parts = [...identities.sort(byOctets), ...features.sort(byOctets), ...forms.flat()];
  return createHash('sha1')
    .update(parts.map((part) => `${part}<`).join(''))
    .digest('base64');
}

function identity({ attributes: { category = '', type = '', 'xml:lang': lang = '', name = '' } }: Element): string {
  return `${category}/${type}/${lang}/${name}`;
}

/** FORM_TYPE, then each field's name and its values. A form that has no FORM_TYPE does not count (§5.4). */
function form(x: Element): string[] | undefined {
  const fields = x.elements().filter(({ name }) => name === 'field');
  const formType = fields.find(({ attributes }) => attributes.var === 'FORM_TYPE');
  if (formType === undefined) return undefined;
  const rest = fields.filter((field) => field !== formType);
  rest.sort((a, b) => byOctets(a.attributes.var ?? '', b.attributes.var ?? ''));
  return [...values(formType), ...rest.flatMap((field) => [field.attributes.var ?? '', ...values(field)])];
}

function values(field: Element): string[] {
  const all = field.elements().filter(({ name }) => name === 'value');
  return all.map((value) => value.text()).sort(byOctets);
}

/** The collation i;octet (RFC 4790 §9.3). Strings are compared by UTF-16 units, which differs beyond the first plane. */
function byOctets(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

const SURROGATE = /[\ud800-\udfff]/;
