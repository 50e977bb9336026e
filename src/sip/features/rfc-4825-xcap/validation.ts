import type { Element } from '#xml/element.ts';
import { type XcapError, xcapError } from '../../xcap/xcap-error.ts';

export function invalid(phrase: string): XcapError {
  return xcapError('schema-validation-error', phrase);
}

export function constraint(phrase: string): XcapError {
  return xcapError('constraint-failure', phrase);
}

/** @throws {XcapError} 'schema-validation-error' for text where there is none */
export function checkNoText(element: Element): void {
  const hasText = element.children.some((child) => typeof child === 'string' && child.trim() !== '');
  if (hasText) throw invalid(`${element.name} holds no text`);
}

/** @throws {XcapError} 'schema-validation-error' */
export function required(element: Element, attribute: string): string {
  const value = element.attribute(attribute);
  if (value === undefined) throw invalid(`${element.name} has no ${attribute}`);
  return value;
}
