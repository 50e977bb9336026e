/**
 * The time of one node: polls the servers of the settings (or those that the topology says), tells how right the clock is,
 * and gives the time to others where the settings say so. It measures and reports; the clock is set by the system.
 */
import { networkInterfaces } from 'node:os';
import type { Clock } from '#base/clock.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';
import type { Counter, Family, Metrics } from '#base/metrics.ts';
import type { Values } from '#base/settings.ts';
import { type Alarm, findAlarms } from './alarms.ts';
import { exchange } from './exchange.ts';
import type { NtpStatus, SourceStatus } from './ntp-status.ts';
import { Poller } from './poller.ts';
import { referenceIdOf, referenceIdOfText } from './reference-id.ts';
import { resolveHost } from './resolve.ts';
import { TimeServer } from './server.ts';
import { parseServer, type ServerAddress } from './server-address.ts';
import { type Standing, UNSYNCHRONISED } from './server-answer.ts';
import { timeServerSettings, timeSettings } from './settings.ts';
import type { Source } from './source.ts';
import { systemWallClock, type WallClock } from './wall-clock.ts';

/** How long an answer is waited for. */
const ANSWER_MS = 2000;
const STRATUM_NONE = 16;
/** What ntpd says of its own clock. */
const LOCAL_DISPERSION_MS = 10;

export interface TimeServiceOptions {
  settings: Settings;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  /** Shifts the port on which time is given. */
  portOffset?: number;
  wall?: WallClock;
}

/** Servers that take the place of those in the settings: the Unified CM's, once a node is set up. */
export interface SourcesInstead {
  readonly servers: readonly string[];
  /** A sentence that says why. */
  readonly note: string;
}

export class TimeService {
  readonly #options: TimeServiceOptions;
  readonly #wall: WallClock;
  readonly #settings: Readonly<Values<typeof timeSettings.shape>>;
  readonly #serving: Readonly<Values<typeof timeServerSettings.shape>>;
  readonly #requests: Family<Counter>;
  readonly #cleanUp = new DisposableStack();
  #instead: SourcesInstead | undefined;
  #poller: Poller;
  /** Servers that cannot be understood. */
  #wrong: Alarm[] = [];
  /** As they were last told, by what and kind. */
  #alarms = new Map<string, Alarm>();
  #server: TimeServer | undefined;
  #serverProblem = '';
  #moving: Promise<void> = Promise.resolve();

  /** @throws {Failure} where time is to be given, and the port cannot be opened */
  static async start(options: TimeServiceOptions): Promise<TimeService> {
    const service = new TimeService(options);
    try {
      await service.#openServer();
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  private constructor(options: TimeServiceOptions) {
    const { settings, metrics } = options;
    this.#options = options;
    this.#wall = options.wall ?? systemWallClock();
    this.#settings = settings.of(timeSettings);
    this.#serving = settings.of(timeServerSettings);
    this.#requests = metrics.counters('rollcall_time_requests_total', 'NTP requests received, by outcome', 'outcome');
    this.#poller = this.#poll();
    this.#cleanUp.defer(settings.onChange(timeSettings, (changed) => this.#settingsChanged(changed)));
    this.#cleanUp.defer(settings.onChange(timeServerSettings, (changed) => this.#servingChanged(changed)));
    this.#collect(metrics);
    this.#tellAlarms();
  }

  /** Takes the time from these servers alone; undefined: from those of the settings again. */
  useInstead(instead: SourcesInstead | undefined): void {
    if (JSON.stringify(instead) === JSON.stringify(this.#instead)) return;
    this.#instead = instead;
    this.#restart();
  }

  get instead(): SourcesInstead | undefined {
    return this.#instead;
  }

  /** Whether the clock is right as far as is known, and why it is thought so. */
  inSync(): { ok: boolean; why: string } {
    const { chosen, sources } = this.#poller;
    if (sources.length === 0 && this.#wrong.length === 0) {
      return { ok: true, why: 'no NTP server is set, so the clock is trusted as it is' };
    }
    const wrong = [...this.#alarms.values()].find(({ kind }) => kind === 'unsynchronised' || kind === 'offset');
    if (wrong !== undefined) return { ok: false, why: wrong.reason };
    if (chosen === undefined)
      return { ok: false, why: 'no NTP server has been chosen yet; try again in half a minute' };
    return { ok: true, why: `the clock agrees with NTP server ${chosen.remote}` };
  }

  /** What is wrong now; empty when all is well. */
  problems(): { what: string; reason: string }[] {
    const server = this.#serverProblem;
    return [
      ...[...this.#alarms.values()].map(({ what, reason }) => ({ what, reason })),
      ...(server === '' ? [] : [{ what: 'time server', reason: server }]),
    ];
  }

  /** Of the port on which time is given; undefined while none is. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  status(): NtpStatus {
    const now = this.#options.clock.now();
    const { sources, chosen } = this.#poller;
    const intervals = sources.filter(({ isDenied }) => !isDenied).map((source) => this.#poller.intervalSeconds(source));
    const pollSeconds = chosen
      ? this.#poller.intervalSeconds(chosen)
      : Math.min(this.#settings.pollSeconds, ...intervals);
    return {
      running: sources.length > 0,
      pid: process.pid,
      sources: sources.map((source) => this.#statusOf(source, now)),
      ...(chosen && { chosen: chosen.remote, withinMs: this.#errorMs(chosen, now) }),
      stratum: chosen?.clock === undefined ? STRATUM_NONE : chosen.clock.stratum + 1,
      pollSeconds,
      problems: this.problems().map(({ what, reason }) => `${what}: ${reason}`),
      note: this.#note(),
      at: now,
      timeZone: ownTimeZone(),
    };
  }

  /** How good the clock is, as it is told to those who take their time from here. */
  standing(): Standing {
    const now = this.#options.clock.now();
    const { chosen } = this.#poller;
    const best = chosen?.filtered(now);
    const { localStratum } = this.#serving;
    if (chosen?.clock === undefined || best === undefined)
      return localStratum > 0 ? local(localStratum, now) : UNSYNCHRONISED;
    const { stratum, leap, rootDelayMs, rootDispersionMs } = chosen.clock;
    // Nobody sets this clock by what was measured, so its offset is part of its error (RFC 5905 §11.3 counts it, too).
    const isOff = Math.abs(best.offsetMs) > this.#settings.alarmOffsetMs;
    if (isOff || stratum + 1 >= STRATUM_NONE) return UNSYNCHRONISED;
    return {
      leap,
      stratum: stratum + 1,
      referenceId: referenceIdOf(chosen.address!),
      referenceAt: best.at,
      rootDelayMs: rootDelayMs + best.delayMs,
      rootDispersionMs: rootDispersionMs + best.dispersionMs + best.jitterMs + Math.abs(best.offsetMs),
    };
  }

  async stop(): Promise<void> {
    this.#cleanUp.dispose();
    this.#poller.stop();
    await this.#moving;
    await this.#server?.stop();
    this.#server = undefined;
  }

  #poll(): Poller {
    const { clock } = this.#options;
    return new Poller(this.#understand(this.#instead?.servers ?? this.#settings.servers), {
      clock,
      ask: (address, port, signal) =>
        exchange(address, port, { timeoutMs: ANSWER_MS, clock, wall: this.#wall, signal }),
      resolve: resolveHost,
      pollSeconds: () => this.#settings.pollSeconds,
      isLoop: (source) => this.#serving.enabled && hasTimeFromHere(source),
      polled: () => this.#tellAlarms(),
    });
  }

  /** Leaves out, and tells of, what is no server; the settings' pattern lets only few of them through. */
  #understand(servers: readonly string[]): ServerAddress[] {
    this.#wrong = [];
    return servers.flatMap((text) => {
      try {
        return [parseServer(text)];
      } catch (error) {
        this.#wrong.push({ what: `time server ${text}`, kind: 'refused', reason: (error as Error).message });
        return [];
      }
    });
  }

  #restart(): void {
    this.#poller.stop();
    this.#poller = this.#poll();
    this.#tellAlarms();
  }

  #settingsChanged(changed: readonly string[]): void {
    if (changed.includes('servers') && this.#instead === undefined) this.#restart();
    else if (changed.includes('pollSeconds')) this.#restart();
    else this.#tellAlarms();
  }

  /** Logs each alarm once when it comes, and once when it goes. */
  #tellAlarms(): void {
    const { log, clock } = this.#options;
    const found = [...this.#wrong, ...findAlarms(this.#poller, this.#settings.alarmOffsetMs, clock.now())];
    const now = new Map(found.map((alarm) => [`${alarm.what}: ${alarm.kind}`, alarm]));
    for (const [key, { what, reason }] of now) if (!this.#alarms.has(key)) log.warn({ what }, reason);
    for (const [key, { what, kind }] of this.#alarms)
      if (!now.has(key)) log.info({ what, trouble: kind }, 'this has passed');
    this.#alarms = now;
  }

  #statusOf(source: Source, now: number): SourceStatus {
    const best = source.filtered(now);
    const { answeredAt, reach, clock } = source;
    return {
      server: source.server.text,
      remote: source.remote,
      tally: this.#poller.tallyOf(source),
      referenceId: source.referenceId,
      stratum: clock?.stratum ?? STRATUM_NONE,
      ...(answeredAt !== undefined && { whenSeconds: Math.max(0, Math.round((now - answeredAt) / 1000)) }),
      pollSeconds: this.#poller.intervalSeconds(source),
      reach,
      delayMs: best?.delayMs ?? 0,
      offsetMs: best?.offsetMs ?? 0,
      jitterMs: best?.jitterMs ?? 0,
      isAccessible: reach !== 0,
      trouble: source.trouble,
    };
  }

  /** How wrong the clock can be: what was measured, and by how much that can be wrong. */
  #errorMs(source: Source, now: number): number {
    return Math.abs(source.filtered(now)?.offsetMs ?? 0) + (source.rootDistanceMs(now) ?? 0);
  }

  #note(): string {
    if (this.#instead !== undefined) return this.#instead.note;
    return this.#poller.sources.length === 0 ? NO_SERVERS : '';
  }

  async #openServer(): Promise<void> {
    const { enabled, host, port } = this.#serving;
    const { portOffset = 0, log } = this.#options;
    if (!enabled) return;
    this.#server = await TimeServer.start({
      ...{ host, port: port + portOffset, wall: this.#wall, log, requests: this.#requests },
      maxPerMinute: () => this.#serving.maxPerMinute,
      standing: () => this.standing(),
    });
  }

  #servingChanged(changed: readonly string[]): void {
    if (!changed.some((name) => ['enabled', 'host', 'port'].includes(name))) return;
    this.#moving = this.#moving.then(async () => {
      await this.#server?.stop();
      this.#server = undefined;
      this.#serverProblem = '';
      try {
        await this.#openServer();
      } catch (err) {
        this.#serverProblem = (err as Error).message;
        this.#options.log.error({ err }, 'the NTP port could not be opened anew');
      }
    });
  }

  #collect(metrics: Metrics): void {
    const now = () => this.#options.clock.now();
    const chosen = () => this.#poller.chosen;
    const seconds = (ms: number | undefined) => (ms ?? Number.NaN) / 1000;
    metrics.observed('rollcall_time_offset_seconds', 'What the clock is off by; NaN: unknown', () =>
      seconds(chosen()?.filtered(now())?.offsetMs),
    );
    metrics.observed('rollcall_time_error_seconds', 'The most that the clock can be off by; NaN: unknown', () => {
      const source = chosen();
      return seconds(source && this.#errorMs(source, now()));
    });
    metrics.observed(
      'rollcall_time_stratum',
      'Stratum of this node; 16: not synchronised',
      () => this.standing().stratum,
    );
    metrics.observed(
      'rollcall_time_servers_reachable',
      'NTP servers that have answered one of the last eight polls',
      () => this.#poller.sources.filter(({ reach }) => reach !== 0).length,
    );
  }
}

const NO_SERVERS =
  'No NTP server is set, so the clock is trusted as it is; "rollcall utils ntp server add HOST" sets one.';

/** What there is to tell while no server runs. */
export function stoppedStatus(at: number): NtpStatus {
  return {
    ...{ running: false, pid: 0, sources: [], stratum: STRATUM_NONE, pollSeconds: 0, problems: [] },
    ...{ note: 'No server runs on this data folder.', at, timeZone: ownTimeZone() },
  };
}

/** The own clock, without anything that it was compared with: as ntpd's driver for it does (127.127.1.0). */
function local(stratum: number, now: number): Standing {
  const referenceId = stratum === 1 ? referenceIdOfText('LOCL') : referenceIdOf('127.127.1.0');
  const rootDispersionMs = LOCAL_DISPERSION_MS;
  return { leap: 0, stratum, referenceId, referenceAt: now, rootDelayMs: 0, rootDispersionMs };
}

/** Whether a source names one of this machine's addresses as where its time is from. */
function hasTimeFromHere({ clock }: Source): boolean {
  if (clock === undefined || clock.stratum < 2) return false;
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return addresses.some(({ address, internal }) => !internal && referenceIdOf(address) === clock.referenceId);
}

function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
