/** The non-INVITE server transaction. RFC 3261 §17.2.2. */
export type State = 'trying' | 'proceeding' | 'completed' | 'terminated';

/** 'request' is a retransmission. 'given up': the user has not answered while anybody could have waited for it. */
export type Input = 'request' | 'provisional' | 'final' | 'given up' | 'timer J' | 'transport error';

export type Action = 'send' | 'send again' | 'start J' | 'stop' | 'end';

type Step = readonly [State, ...Action[]];

const PROVISIONAL: Step = ['proceeding', 'send'];
const REPEAT_PROVISIONAL: Step = ['proceeding', 'send again'];
const FINAL: Step = ['completed', 'stop', 'send', 'start J'];
/** Timer J is zero where nothing is repeated. */
const FINAL_RELIABLY: Step = ['terminated', 'stop', 'send', 'end'];
const REPEAT_FINAL: Step = ['completed', 'send again'];
const END: Step = ['terminated', 'stop', 'end'];

const UNCHANGED: Record<State, Step> = {
  trying: ['trying'],
  proceeding: ['proceeding'],
  completed: ['completed'],
  terminated: ['terminated'],
};

/** @param reliable whether the transport repeats what gets lost */
export function step(state: State, input: Input, reliable: boolean): Step {
  if (state === 'terminated') return UNCHANGED[state];
  if (input === 'timer J' || input === 'given up' || input === 'transport error') return END;
  if (state === 'completed') return input === 'request' ? REPEAT_FINAL : UNCHANGED[state];
  if (input === 'final') return reliable ? FINAL_RELIABLY : FINAL;
  if (input === 'provisional') return PROVISIONAL;
  return state === 'trying' ? UNCHANGED[state] : REPEAT_PROVISIONAL;
}
