/** Time as the code sees it, so that tests can hold it still. Instants are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Calls `run` once after `afterMs`; the returned function cancels it. Does not keep the process alive. */
  after(afterMs: number, run: () => void): () => void;
  /** Calls `run` each `everyMs`; the returned function ends it. Does not keep the process alive. */
  every(everyMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(afterMs, run) {
    const timer = setTimeout(run, afterMs).unref();
    return () => clearTimeout(timer);
  },
  every(everyMs, run) {
    const timer = setInterval(run, everyMs).unref();
    return () => clearInterval(timer);
  },
};
