import { element } from '#xml/element.ts';
import { escapeText, serialize } from '#xml/serializer.ts';
import { NS_STREAM_ERRORS } from './namespaces.ts';

/** RFC 6120 §4.9.3. */
export type StreamErrorCondition =
  | 'bad-format'
  | 'bad-namespace-prefix'
  | 'conflict'
  | 'connection-timeout'
  | 'host-gone'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'remote-connection-failed'
  | 'reset'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-feature'
  | 'unsupported-stanza-type'
  | 'unsupported-version';

/** RFC 6120 §4.9.4. */
export interface ApplicationCondition {
  name: string;
  ns: string;
  attributes?: Record<string, string>;
}

/** Ends a stream. @param application an element that says more than the condition, by name and namespace */
export class StreamError extends Error {
  readonly condition: StreamErrorCondition;
  readonly text: string;
  readonly application: ApplicationCondition | undefined;

  constructor(condition: StreamErrorCondition, text = '', application?: ApplicationCondition) {
    super(text === '' ? condition : `${condition}: ${text}`);
    this.condition = condition;
    this.text = text;
    this.application = application;
  }

  /** The element as it is sent, with its prefix (RFC 6120 §4.9.2). */
  serialize(): string {
    const text =
      this.text === '' ? '' : `<text xmlns='${NS_STREAM_ERRORS}' xml:lang='en'>${escapeText(this.text)}</text>`;
    const more = this.application
      ? serialize(element(this.application.name, this.application.ns, this.application.attributes))
      : '';
    return `<stream:error><${this.condition} xmlns='${NS_STREAM_ERRORS}'/>${text}${more}</stream:error>`;
  }
}
