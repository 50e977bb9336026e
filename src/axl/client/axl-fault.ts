import { Failure, type FailureKind } from '#base/failure.ts';

/** A SOAP fault of AXL. Codes below 5000 are the database's own numbers, others AXL's. */
export class AxlFault extends Failure {
  /** Undefined where the fault has no axlError: the web service itself refused. */
  readonly code: number | undefined;

  constructor(operation: string, code: number | undefined, message: string) {
    super(kindOf(code), `Unified CM refused ${operation}: ${message}${code === undefined ? '' : ` (${code})`}`);
    this.name = 'AxlFault';
    this.code = code;
  }
}

const NOT_FOUND = 5007;
const DUPLICATE = [-239, -268];

function kindOf(code: number | undefined): FailureKind {
  if (code === NOT_FOUND) return 'not-found';
  if (code !== undefined && DUPLICATE.includes(code)) return 'conflict';
  return 'not-acceptable';
}

/**
 * How many rows an answer may have, where a read was refused for being too large: seven tenths of what the fault suggests,
 * since rows differ in length. Undefined for any other fault.
 */
export function suggestedRows(message: string): number | undefined {
  const found = /sugges\w+ row fetch\s*:\s*less than\s+(\d+)/i.exec(message);
  if (found === null) return undefined;
  return Math.max(1, Math.floor(Number(found[1]) * 0.7));
}
