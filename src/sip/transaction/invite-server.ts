/** The INVITE server transaction. RFC 3261 §17.2.1, with the Accepted state of RFC 6026 §7.1. */
export type State = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

/** 'request' is a retransmission; a 'failure' is a final response from 300 on. */
export type Input =
  | 'request'
  | 'provisional'
  | '2xx'
  | 'failure'
  | 'ack'
  | 'timer G'
  | 'timer H'
  | 'timer I'
  | 'timer L'
  | 'transport error';

/** 'pass' gives an ACK to the user; 'end' tells that the transaction is over, 'fail' that it was not acknowledged. */
export type Action =
  | 'send'
  | 'send again'
  | 'start G'
  | 'start H'
  | 'start I'
  | 'start L'
  | 'stop'
  | 'pass'
  | 'fail'
  | 'end';

type Step = readonly [State, ...Action[]];

const SEND: Step = ['proceeding', 'send'];
const REPEAT_PROVISIONAL: Step = ['proceeding', 'send again'];
const ACCEPT: Step = ['accepted', 'stop', 'send', 'start L'];
const REFUSE: Step = ['completed', 'stop', 'send', 'start G', 'start H'];
const REFUSE_RELIABLY: Step = ['completed', 'stop', 'send', 'start H'];
const REPEAT_FINAL: Step = ['completed', 'send again'];
const REPEAT_FINAL_LATER: Step = ['completed', 'send again', 'start G'];
const CONFIRM: Step = ['confirmed', 'stop', 'start I'];
const END: Step = ['terminated', 'stop', 'end'];
const FAIL: Step = ['terminated', 'stop', 'fail', 'end'];
const SEND_2XX: Step = ['accepted', 'send'];
const PASS_ACK: Step = ['accepted', 'pass'];

const UNCHANGED: Record<State, Step> = {
  proceeding: ['proceeding'],
  completed: ['completed'],
  confirmed: ['confirmed'],
  accepted: ['accepted'],
  terminated: ['terminated'],
};

/** @param reliable whether the transport repeats what gets lost */
export function step(state: State, input: Input, reliable: boolean): Step {
  return TABLE[state](input, reliable) ?? UNCHANGED[state];
}

const TABLE: Record<State, (input: Input, reliable: boolean) => Step | undefined> = {
  proceeding(input, reliable) {
    if (input === 'request') return REPEAT_PROVISIONAL;
    if (input === 'provisional') return SEND;
    if (input === '2xx') return ACCEPT;
    if (input === 'failure') return reliable ? REFUSE_RELIABLY : REFUSE;
    return input === 'transport error' ? FAIL : undefined;
  },
  completed(input, reliable) {
    if (input === 'request') return REPEAT_FINAL;
    if (input === 'timer G') return REPEAT_FINAL_LATER;
    // Timer I is zero where nothing is repeated.
    if (input === 'ack') return reliable ? END : CONFIRM;
    return input === 'timer H' || input === 'transport error' ? FAIL : undefined;
  },
  confirmed: (input) => (input === 'timer I' ? END : undefined),
  // RFC 6026 §7.1: a repeated INVITE is taken in silence, for the user repeats its 2xx by itself.
  accepted(input) {
    if (input === '2xx') return SEND_2XX;
    if (input === 'ack') return PASS_ACK;
    return input === 'timer L' ? END : undefined;
  },
  terminated: () => undefined,
};
