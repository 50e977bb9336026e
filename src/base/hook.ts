import { Failure } from './failure.ts';

/**
 * Named points in the flow of things, with phases that are words in the order in which they run.
 *
 *     export const messageToAccount = hook<Delivery>()('messaging.to-account', ['block', 'archive', 'deliver', 'copy']);
 *
 * A hook is a value, so a misspelt one does not compile. Handlers run straight through, without an await: what they
 * need to know is in memory (see docs/architecture.md). One returns nothing to pass on, or `'stop'`.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: so that a handler may be a function without a return statement
export type Handler<Context> = (context: Context) => 'stop' | undefined | void;

export interface Hook<Context, Phase extends string = string> {
  readonly name: string;
  readonly phases: readonly Phase[];
  /** Phases in which a handler that throws stops the flow (with what it threw), instead of being logged. */
  readonly guards: readonly Phase[];
  readonly context?: Context;
}

const GUARDS = ['block', 'authorize'];
/** What is only looked at cannot be refused any more. */
const LOOKS_ON = 'observe';

export const hook =
  <Context>() =>
  <const Phase extends string>(name: string, phases: readonly Phase[]): Hook<Context, Phase> => ({
    name,
    phases,
    guards: phases.filter((phase) => GUARDS.includes(phase)),
  });

interface Registration {
  phase: number;
  guards: boolean;
  looksOn: boolean;
  run: Handler<never>;
}

/** The handlers of one server, by hook. */
export class Hooks {
  #handlers = new Map<object, Registration[]>();
  #failed: (hookName: string, error: unknown) => void;

  /** @param failed told of an error thrown by a handler of a phase that does not guard */
  constructor(failed: (hookName: string, error: unknown) => void) {
    this.#failed = failed;
  }

  /** Registers a handler; the returned function withdraws it. Within a phase, handlers run in order of registration. */
  on<Context, Phase extends string>(
    at: Hook<Context, Phase>,
    phase: NoInfer<Phase>,
    run: Handler<Context>,
  ): () => void {
    const guards = at.guards.includes(phase);
    const entry: Registration = { phase: at.phases.indexOf(phase), guards, looksOn: phase === LOOKS_ON, run };
    // Lists are replaced, never changed: one that is being run stays as it is.
    const list = [...(this.#handlers.get(at) ?? []), entry].sort((a, b) => a.phase - b.phase);
    this.#handlers.set(at, list);
    return () =>
      this.#handlers.set(
        at,
        (this.#handlers.get(at) ?? []).filter((other) => other !== entry),
      );
  }

  has<Context>(at: Hook<Context>): boolean {
    return (this.#handlers.get(at)?.length ?? 0) > 0;
  }

  /**
   * Runs all handlers of a hook on a context.
   * @returns 'stop' when one of them stopped the flow
   * @throws what a handler of a guarding phase threw, and a `Failure` from any phase but 'observe': somebody refuses on
   *   purpose
   */
  run<Context>(at: Hook<Context>, context: Context): 'stop' | undefined {
    const list = this.#handlers.get(at);
    if (list === undefined) return undefined;
    for (let i = 0; i < list.length; i++) {
      const entry = list[i]!;
      try {
        if ((entry.run as Handler<Context>)(context) === 'stop') return 'stop';
      } catch (error) {
        if (entry.guards || (error instanceof Failure && !entry.looksOn)) throw error;
        this.#failed(at.name, error);
      }
    }
    return undefined;
  }
}
