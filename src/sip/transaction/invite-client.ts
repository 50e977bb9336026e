/** The INVITE client transaction. RFC 3261 §17.1.1, with the Accepted state of RFC 6026 §7.2. */
export type State = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

/** A 'failure' is a final response from 300 on. */
export type Input =
  | 'begin'
  | 'provisional'
  | '2xx'
  | 'failure'
  | 'timer A'
  | 'timer B'
  | 'timer D'
  | 'timer M'
  | 'transport error';

export type Action =
  | 'send'
  | 'start A'
  | 'start B'
  | 'start D'
  | 'start M'
  | 'stop'
  | 'pass'
  | 'acknowledge'
  | 'fail: timeout'
  | 'fail: transport'
  | 'end';

type Step = readonly [State, ...Action[]];

const BEGIN: Step = ['calling', 'start A', 'start B', 'send'];
const BEGIN_RELIABLY: Step = ['calling', 'start B', 'send'];
const REPEAT: Step = ['calling', 'start A', 'send'];
const PROCEED: Step = ['proceeding', 'stop', 'pass'];
const PASS_PROVISIONAL: Step = ['proceeding', 'pass'];
const ACCEPT: Step = ['accepted', 'stop', 'start M', 'pass'];
const REFUSE: Step = ['completed', 'stop', 'acknowledge', 'start D', 'pass'];
/** Timer D is zero where nothing is repeated. */
const REFUSE_RELIABLY: Step = ['terminated', 'stop', 'acknowledge', 'end', 'pass'];
const ACKNOWLEDGE: Step = ['completed', 'acknowledge'];
const PASS_2XX: Step = ['accepted', 'pass'];
const TIMEOUT: Step = ['terminated', 'stop', 'end', 'fail: timeout'];
const UNREACHABLE: Step = ['terminated', 'stop', 'end', 'fail: transport'];
const END: Step = ['terminated', 'stop', 'end'];

const UNCHANGED: Record<State, Step> = {
  calling: ['calling'],
  proceeding: ['proceeding'],
  completed: ['completed'],
  accepted: ['accepted'],
  terminated: ['terminated'],
};

/** @param reliable whether the transport repeats what gets lost */
export function step(state: State, input: Input, reliable: boolean): Step {
  return TABLE[state](input, reliable) ?? UNCHANGED[state];
}

const TABLE: Record<State, (input: Input, reliable: boolean) => Step | undefined> = {
  calling(input, reliable) {
    if (input === 'begin') return reliable ? BEGIN_RELIABLY : BEGIN;
    if (input === 'timer A') return REPEAT;
    if (input === 'provisional') return PROCEED;
    if (input === 'timer B') return TIMEOUT;
    return answered(input, reliable);
  },
  proceeding(input, reliable) {
    if (input === 'provisional') return PASS_PROVISIONAL;
    // A CANCEL that nobody heeds (RFC 3261 §9.1): timer B runs once more.
    if (input === 'timer B') return TIMEOUT;
    return answered(input, reliable);
  },
  completed(input) {
    if (input === 'failure') return ACKNOWLEDGE;
    // The ACK cannot be sent; the user has its response already.
    if (input === 'transport error') return END;
    return input === 'timer D' ? END : undefined;
  },
  accepted(input) {
    if (input === '2xx') return PASS_2XX;
    return input === 'timer M' ? END : undefined;
  },
  terminated: () => undefined,
};

function answered(input: Input, reliable: boolean): Step | undefined {
  if (input === '2xx') return ACCEPT;
  if (input === 'failure') return reliable ? REFUSE_RELIABLY : REFUSE;
  return input === 'transport error' ? UNREACHABLE : undefined;
}
