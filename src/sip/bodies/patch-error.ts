/** RFC 5261 §5.1: why a patch cannot be applied. */
export type PatchFault =
  | 'invalid-attribute-value'
  | 'invalid-diff-format'
  | 'invalid-namespace-prefix'
  | 'invalid-node-types'
  | 'invalid-patch-directive'
  | 'invalid-root-element-operation'
  | 'invalid-whitespace-directive'
  | 'unlocated-node'
  | 'unsupported-id-function';

export class PatchError extends Error {
  readonly fault: PatchFault;

  /** @param what the selector, or the operation */
  constructor(fault: PatchFault, what: string) {
    super(`${fault}: ${what.slice(0, 200)}`);
    this.name = 'PatchError';
    this.fault = fault;
  }
}
