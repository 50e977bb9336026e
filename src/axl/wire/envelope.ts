/**
 * SOAP 1.1 as AXL speaks it, both ways: one operation in the body, document/literal, the operation in the namespace of
 * its schema version and all below it in none. Requests are written and read here, and their answers.
 */
import { Failure } from '#base/failure.ts';
import { type DocumentLimits, readDocument } from '#xml/document.ts';
import type { Element } from '#xml/element.ts';
import { XmlError } from '#xml/parser.ts';
import { writeAttribute, writeElements, writeText } from './write-element.ts';

export const SOAP_NS = 'http://schemas.xmlsoap.org/soap/envelope/';
/** The schema version follows. */
export const AXL_NS = 'http://www.cisco.com/AXL/API/';
const VERSIONED_NS = /^http:\/\/www\.cisco\.com\/AXL\/(?:API\/)?(\d{1,2}\.\d{1,2})$/;

/** What a request may be; an answer may be far larger, and its reader gives limits of its own. */
export const REQUEST_LIMITS: DocumentLimits = { maxDepth: 24, maxAttributes: 32, maxElements: 20_000 };

/** The one operation of a body: a request, or a response. */
export interface Operation {
  readonly fault?: undefined;
  /** `getUser`, `getUserResponse`. */
  readonly operation: string;
  /** The schema version of its namespace, as in '9.0'; undefined where the namespace is none of AXL's. */
  readonly version: string | undefined;
  /** What the answer repeats. */
  readonly sequence: string | undefined;
  readonly element: Element;
}

/** SOAP 1.1 §4.4, with what AXL puts into its detail. */
export interface Fault {
  /** Without its prefix: `Server`, `Client`. */
  readonly faultCode: string;
  readonly text: string;
  /** AXL's number, or the database's where it is below 5000. */
  readonly axlCode: number | undefined;
  /** The operation that was asked for, where the fault tells it. */
  readonly request: string | undefined;
}

/** What is no envelope. The code is one of SOAP 1.1 §4.4.1. */
export class EnvelopeError extends Failure {
  readonly faultCode: 'VersionMismatch' | 'MustUnderstand' | 'Client';

  constructor(faultCode: EnvelopeError['faultCode'], message: string, options?: ErrorOptions) {
    super('malformed', message, options);
    this.faultCode = faultCode;
  }
}

/** @param children in no namespace, in the schema's order */
export function writeEnvelope(
  version: string,
  operation: string,
  children: readonly Element[],
  sequence?: string,
): string {
  const { head, tail } = envelopeAround(version, operation, sequence);
  return `${head}${writeElements(children)}${tail}`;
}

/** What stands before and after the children of an operation, for who writes those piece by piece. */
export function envelopeAround(version: string, operation: string, sequence?: string): { head: string; tail: string } {
  const repeated = sequence === undefined ? '' : writeAttribute('sequence', sequence);
  return {
    head: `${HEAD}<ns:${operation}${writeAttribute('xmlns:ns', AXL_NS + version)}${repeated}>`,
    tail: `</ns:${operation}>${TAIL}`,
  };
}

/** Clients look for `soapenv` in the text, so the prefix is part of the form. */
export function writeFault({ faultCode, text, axlCode, request }: Fault): string {
  const detail =
    axlCode === undefined
      ? ''
      : `<detail><axlError><axlcode>${axlCode}</axlcode><axlmessage>${writeText(text)}</axlmessage>` +
        `<request>${writeText(request ?? '')}</request></axlError></detail>`;
  const code = faultCode.includes(':') ? faultCode : `soapenv:${faultCode}`;
  return (
    `${HEAD}<soapenv:Fault><faultcode>${writeText(code)}</faultcode>` +
    `<faultstring>${writeText(text)}</faultstring>${detail}</soapenv:Fault>${TAIL}`
  );
}

/**
 * @param text within the limit of bytes already
 * @throws {EnvelopeError} for what is no well-formed envelope with one operation
 */
export function readEnvelope(text: string, limits: DocumentLimits = REQUEST_LIMITS): Operation | { fault: Fault } {
  const content = bodyOf(readXml(text, limits)).firstChild();
  if (content === undefined) throw new EnvelopeError('Client', 'the body of the envelope holds no operation');
  if (content.is('Fault', SOAP_NS)) return { fault: faultOf(content) };
  return {
    operation: content.name,
    version: VERSIONED_NS.exec(content.ns)?.[1],
    sequence: content.attribute('sequence'),
    element: content,
  };
}

function readXml(text: string, limits: DocumentLimits): Element {
  const root = readRoot(text, limits);
  // SOAP 1.1 §3 has no processing instructions. In a document that is well-formed, `<?` begins one wherever it stands
  // outside of comments and CDATA sections, but for the declaration.
  const bare = text.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  if (bare.replace(/^\ufeff?<\?xml\s/, '').includes('<?')) {
    throw new EnvelopeError('Client', 'a SOAP message has no processing instructions (SOAP 1.1 §3)');
  }
  return root;
}

function readRoot(text: string, limits: DocumentLimits): Element {
  try {
    return readDocument(text, limits).root;
  } catch (cause) {
    if (!(cause instanceof XmlError)) throw cause;
    throw new EnvelopeError('Client', `AXL Unable to parse message: ${cause.message}`, { cause });
  }
}

function bodyOf(root: Element): Element {
  if (root.name !== 'Envelope') throw new EnvelopeError('Client', 'the message is no SOAP envelope');
  if (root.ns !== SOAP_NS) throw new EnvelopeError('VersionMismatch', `the envelope's namespace has to be ${SOAP_NS}`);
  for (const entry of root.child('Header')?.elements() ?? []) {
    if (entry.attribute(`{${SOAP_NS}}mustUnderstand`) === '1') {
      throw new EnvelopeError('MustUnderstand', `the header ${entry.name} is not understood`);
    }
  }
  const body = root.child('Body');
  if (body === undefined) throw new EnvelopeError('Client', 'the envelope has no body');
  return body;
}

function faultOf(fault: Element): Fault {
  const text = fault.childText('faultstring', '') ?? '';
  const detail = fault.child('detail', '')?.firstChild();
  const named = (...names: string[]) =>
    detail
      ?.elements()
      .find(({ name }) => names.includes(name))
      ?.text();
  const number = Number.parseInt(named('axlcode', 'code') ?? '', 10);
  return {
    faultCode: (fault.childText('faultcode', '') ?? '').replace(/^.*:/, ''),
    text: named('axlmessage', 'message') || text,
    axlCode: Number.isNaN(number) ? undefined : number,
    request: named('request'),
  };
}

const HEAD = "<?xml version='1.0' encoding='UTF-8'?>" + `<soapenv:Envelope xmlns:soapenv="${SOAP_NS}"><soapenv:Body>`;
const TAIL = '</soapenv:Body></soapenv:Envelope>';
