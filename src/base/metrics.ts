/**
 * The figures of one server. What the hot path touches is a plain number field: `received.add(1)` is one increment, and
 * prom-client reads the fields when somebody asks. Each server has its own registry, so several live in one process.
 * Who is switched off and on again takes the place that it had.
 *
 *     const refused = metrics.counters('rollcall_xmpp_refused_total', 'What was refused, by reason', 'reason');
 *     const tooLarge = refused.of('too-large');   // once, where things are built
 *     tooLarge.add(1);                            // where it happens
 */
import { collectDefaultMetrics, Histogram, Counter as PromCounter, Gauge as PromGauge, Registry } from 'prom-client';

/** Counts upwards. */
export class Counter {
  total = 0;

  add(count: number): void {
    this.total += count;
  }
}

/** A figure that goes up and down. */
export class Gauge {
  value = 0;

  add(difference: number): void {
    this.value += difference;
  }

  set(value: number): void {
    this.value = value;
  }
}

/** Counters or gauges that differ in one label. */
export interface Family<Figure> {
  /** The child of a label's value: made at the first call, the same at each later one. */
  of(value: string): Figure;
}

/**
 * More values of one label than this share the child `other`, so that input from outside can never grow the memory;
 * labels are meant for words of ours all the same, never for addresses.
 */
const MAX_CHILDREN = 200;

export class Metrics {
  readonly #registry = new Registry();

  /** The text format of Prometheus. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The process itself: CPU, memory, open files, garbage collection, event loop lag. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  counter(name: string, help: string): Counter {
    const counter = new Counter();
    this.#counter(name, help, [], (collected) => collected.inc(counter.total));
    return counter;
  }

  counters(name: string, help: string, label: string): Family<Counter> {
    const children = new Map<string, Counter>();
    this.#counter(name, help, [label], (collected) => {
      for (const [value, { total }] of children) collected.inc({ [label]: value }, total);
    });
    return family(children, () => new Counter());
  }

  gauge(name: string, help: string): Gauge {
    const gauge = new Gauge();
    this.#gauge(name, help, [], (collected) => collected.set(gauge.value));
    return gauge;
  }

  gauges(name: string, help: string, label: string): Family<Gauge> {
    const children = new Map<string, Gauge>();
    this.#gauge(name, help, [label], (collected) => {
      for (const [of, { value }] of children) collected.set({ [label]: of }, value);
    });
    return family(children, () => new Gauge());
  }

  /** A figure that is asked for when somebody looks: the size of something that exists anyway. */
  observed(name: string, help: string, read: () => number): void {
    this.#gauge(name, help, [], (collected) => collected.set(read()));
  }

  /**
   * How long, or how large, things are; for what happens per commit or per sign-in, not per stanza.
   * @param buckets upper limits, ascending, in the unit that the name carries
   */
  histogram(name: string, help: string, buckets: readonly number[]): { observe(value: number): void } {
    this.#registry.removeSingleMetric(name);
    return new Histogram({ name, help, buckets: [...buckets], registers: [this.#registry] });
  }

  #counter(name: string, help: string, labelNames: string[], collect: (counter: PromCounter) => void): void {
    this.#registry.removeSingleMetric(name);
    new PromCounter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  }

  #gauge(name: string, help: string, labelNames: string[], collect: (gauge: PromGauge) => void): void {
    this.#registry.removeSingleMetric(name);
    new PromGauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        collect(this);
      },
    });
  }
}

function family<Figure>(children: Map<string, Figure>, make: () => Figure): Family<Figure> {
  return {
    of(value) {
      const at = children.has(value) || children.size < MAX_CHILDREN ? value : 'other';
      let child = children.get(at);
      if (child === undefined) {
        child = make();
        children.set(at, child);
      }
      return child;
    },
  };
}
