/** The loads that SIPp makes: REGISTER, PUBLISH and MESSAGE at a rate that is offered whatever comes back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../lib/process.ts';
import { type Usage, UsageMeter } from '../../lib/procfs.ts';
import type { Options } from '../lib/options.ts';
import { type Counted, Sipp } from '../lib/sipp.ts';
import { writeUsers } from '../lib/users-file.ts';
import { highest } from './highest.ts';
import { type Load, microsFor, resultOf } from './load.ts';

/** A call of a load, by SIPp's scenario; one challenge is part of each operation. */
export interface Kind {
  scenario: string;
  unit: string;
  operations: number;
  /** Each call goes on to a user agent that takes it and checks it. */
  relayed: boolean;
}

/** Less than this part of the calls that were offered is no clean run. */
const LEAST_REACHED = 0.93;
/** Registered before, so that on every server each sender and receiver is somebody who is there. */
const PEOPLE = 2000;
const REGISTRATIONS_PER_SECOND = 1000;
/**
 * Operations a second before the measured time, as long as that lasts: code that is compiled while it runs needs some ten
 * thousand of a kind to be what it is from then on. A server runs for weeks.
 */
const WARM_UP_RATE = { alone: 4000, relayed: 1000 };
/** SIPp holds no more calls than this at once. */
const MOST_AT_ONCE = 15_000;

export const register = callLoad({ scenario: 'register', unit: 'REGISTER', operations: 1, relayed: false });
export const publish = callLoad({ scenario: 'publish', unit: 'PUBLISH', operations: 4, relayed: false });
export const message = callLoad({ scenario: 'message-uac', unit: 'MESSAGE', operations: 1, relayed: true });

/** What came of calls at one rate. */
export interface Run {
  rate: number;
  calls: number;
  usage: Usage;
  counted: Counted;
  /** Of `relayed` calls: those that came to the receiver and were right. */
  delivered: number | undefined;
  failures: string[];
}

function callLoad(kind: Kind): Load {
  return async (options, folder) => {
    const calls = new Calls(kind, options, folder);
    await calls.prepare();
    const run = options.highest
      ? await highest(options.rate, (rate) => calls.run(rate))
      : await calls.run(options.rate);
    const operations = run.calls * kind.operations;
    return resultOf(options, {
      variant: options.highest ? 'highest clean rate' : `${options.rate} calls/s`,
      parameters: { 'calls/s offered': run.rate, seconds: options.seconds },
      metrics: {
        [`server CPU us/${kind.unit}`]: microsFor(run.usage, operations),
        [`${kind.unit}/s offered`]: run.rate * kind.operations,
        [`${kind.unit}/s`]: operations / (run.usage.wallMs / 1000),
      },
      usage: run.usage,
      failures: run.failures,
      checks: {
        succeeded: run.counted.succeeded,
        retransmissions: run.counted.retransmissions,
        ...(run.delivered === undefined ? {} : { delivered: run.delivered }),
      },
    });
  };
}

class Calls {
  #kind: Kind;
  #options: Options;
  #folder: string;
  #senders: string;
  #receivers: string;
  #port = 0;

  constructor(kind: Kind, options: Options, folder: string) {
    const { users, password } = options;
    const people = Math.min(PEOPLE, Math.floor(users / 2));
    this.#kind = kind;
    this.#options = options;
    this.#folder = folder;
    this.#senders = writeUsers(folder, 'senders.csv', { first: 0, count: people, partners: people, password });
    this.#receivers = writeUsers(folder, 'receivers.csv', { first: people, count: people, partners: 0, password });
  }

  /** Registers everybody, receivers at the port where they will answer, and warms the server up. */
  async prepare(): Promise<void> {
    this.#port = await freePorts([0, 1]);
    for (const file of [this.#senders, this.#receivers]) await this.#registerAll(file);
    const { relayed, operations } = this.#kind;
    const rate = Math.max(this.#options.rate, WARM_UP_RATE[relayed ? 'relayed' : 'alone'] / operations);
    await this.run(rate);
    await sleep(1000);
  }

  async #registerAll(file: string): Promise<void> {
    const people = Math.min(PEOPLE, Math.floor(this.#options.users / 2));
    const many = ['-m', String(people), '-r', String(REGISTRATIONS_PER_SECOND)];
    const sipp = this.#sipp('register-to', this.#port, [
      ...['-inf', file, '-key', 'contact', `127.0.0.1:${this.#port + 1}`],
      ...many,
    ]);
    if ((await sipp.ended()) !== 0) throw new Error(`people could not register: ${sipp.complaints()}`);
  }

  async run(rate: number, seconds: number = this.#options.seconds): Promise<Run> {
    const calls = Math.max(50, Math.round(rate * seconds));
    const receiver = this.#kind.relayed ? this.#sipp('message-uas', this.#port + 1, []) : undefined;
    // It has no word for "I listen now".
    if (receiver !== undefined) await sleep(400);
    const meter = new UsageMeter(this.#options.serverPids);
    meter.start();
    const sender = this.#sipp(this.#kind.scenario, this.#port, [
      ...['-inf', this.#senders, '-m', String(calls), '-r', String(rate), '-l', String(MOST_AT_ONCE)],
      ...['-timeout', `${Math.round(seconds * 2 + 40)}s`],
    ]);
    const code = await sender.ended();
    const usage = meter.stop();
    if (receiver !== undefined) {
      await sleep(300);
      await receiver.stop();
    }
    const counted = sender.counted();
    const delivered = receiver?.counted();
    const failures = [
      ...(code === 0 ? [] : [`SIPp ended with ${code}: ${sender.complaints()}`]),
      ...faults(calls, rate, usage, counted),
      ...(delivered === undefined ? [] : deliveryFaults(calls, delivered)),
    ];
    return { rate, calls, usage, counted, delivered: delivered?.succeeded, failures };
  }

  #sipp(scenario: string, port: number, args: readonly string[]): Sipp {
    const { host, port: serverPort, domain } = this.#options;
    return new Sipp(scenario, { target: `${host}:${serverPort}`, domain, port, folder: this.#folder, args });
  }
}

function faults(calls: number, rate: number, usage: Usage, counted: Counted): string[] {
  const reached = calls / (usage.wallMs / 1000);
  return [
    ...(counted.succeeded === calls ? [] : [`${counted.succeeded} of ${calls} calls succeeded`]),
    ...(counted.failed === 0 ? [] : [`${counted.failed} calls failed`]),
    ...(counted.retransmissions === 0 ? [] : [`${counted.retransmissions} requests were sent again`]),
    ...(reached >= rate * LEAST_REACHED ? [] : [`only ${Math.round(reached)} of ${rate} calls/s were reached`]),
  ];
}

function deliveryFaults(calls: number, { succeeded, failed }: Counted): string[] {
  return [
    ...(succeeded === calls ? [] : [`${succeeded} of ${calls} were delivered`]),
    ...(failed === 0 ? [] : [`${failed} were delivered wrongly`]),
  ];
}
