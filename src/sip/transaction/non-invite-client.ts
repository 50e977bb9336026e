/**
 * The non-INVITE client transaction. RFC 3261 §17.1.2, without its Completed state: that is there to take repeated
 * responses in silence until timer K, and a response that no transaction waits for is taken in silence anyway.
 */
export type State = 'trying' | 'proceeding' | 'terminated';

export type Input = 'begin' | 'provisional' | 'final' | 'timer E' | 'timer F' | 'transport error';

export type Action =
  | 'send'
  | 'start E'
  | 'start E slowly'
  | 'start F'
  | 'stop'
  | 'pass'
  | 'fail: timeout'
  | 'fail: transport'
  | 'end';

type Step = readonly [State, ...Action[]];

const BEGIN: Step = ['trying', 'start E', 'start F', 'send'];
const BEGIN_RELIABLY: Step = ['trying', 'start F', 'send'];
const REPEAT: Step = ['trying', 'start E', 'send'];
const REPEAT_SLOWLY: Step = ['proceeding', 'start E slowly', 'send'];
const PROVISIONAL: Step = ['proceeding', 'pass'];
const FINAL: Step = ['terminated', 'stop', 'end', 'pass'];
const TIMEOUT: Step = ['terminated', 'stop', 'end', 'fail: timeout'];
const UNREACHABLE: Step = ['terminated', 'stop', 'end', 'fail: transport'];
const TERMINATED: Step = ['terminated'];

/** @param reliable whether the transport repeats what gets lost */
export function step(state: State, input: Input, reliable: boolean): Step {
  if (state === 'terminated') return TERMINATED;
  if (input === 'final') return FINAL;
  if (input === 'begin') return reliable ? BEGIN_RELIABLY : BEGIN;
  if (input === 'timer E') return state === 'trying' ? REPEAT : REPEAT_SLOWLY;
  if (input === 'provisional') return PROVISIONAL;
  return input === 'timer F' ? TIMEOUT : UNREACHABLE;
}
