/** The NTP servers of the settings, as an administrator lists and changes them. One is added only when it can be used. */
import type { Clock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { Settings } from '#base/loaded-settings.ts';
import type { Log } from '#base/log.ts';
import { nearest } from '#base/nearest.ts';
import { editSetting } from '#base/settings-edit.ts';
import { probeServers } from './probe.ts';
import { resolveHost } from './resolve.ts';
import { type JudgedServer, judgeServer, MAX_STRATUM } from './rules.ts';
import { parseServer } from './server-address.ts';
import { timeSettings } from './settings.ts';
import type { SourcesInstead } from './time-service.ts';
import { systemWallClock } from './wall-clock.ts';

const KEY = 'time.servers';
const MIN_OTHERS = 3;

export interface ServerListOptions {
  settings: Settings;
  clock: Clock;
  log: Log;
  /** What takes the place of the settings now. */
  instead(): SourcesInstead | undefined;
}

/** One that is in use; a pool has several. */
export interface ListedServer {
  readonly server: string;
  readonly address?: string | undefined;
  readonly isAccessible: boolean;
  /** What was found. */
  readonly finding: string;
  /** What to do; '' where nothing is to be done. */
  readonly cure: string;
}

export interface ChangedServers {
  /** As they are now. */
  readonly servers: readonly string[];
  readonly warnings: readonly string[];
}

export class ServerList {
  readonly #options: ServerListOptions;

  constructor(options: ServerListOptions) {
    this.#options = options;
  }

  /** Asks each of them now: takes at most some seconds. */
  async list(): Promise<ListedServer[]> {
    const { instead } = this.#options;
    return (await this.#judge(instead()?.servers ?? this.#servers())).map(
      ({ server, address, isGood, finding, cure }) => ({
        ...{ server, isAccessible: isGood, finding, cure },
        ...(address !== undefined && { address }),
      }),
    );
  }

  /**
   * Adds servers when all of them can be used.
   * @throws {Failure} 'unavailable' with what is wrong with each that cannot; 'conflict' for one that is there already
   */
  async add(added: readonly string[]): Promise<ChangedServers> {
    this.#refuseInstead();
    const fresh = added.map((text) => parseServer(text).text);
    for (const server of fresh) {
      if (this.#servers().includes(server) || fresh.indexOf(server) !== fresh.lastIndexOf(server))
        throw new Failure('conflict', `${server} is among the NTP servers already`);
    }
    const bad = await this.#unusable(fresh);
    if (bad.length > 0) {
      const reasons = bad.map(({ server, finding, cure }) => `${server}: ${finding}. ${cure}`);
      throw new Failure('unavailable', `not added, because it cannot be used.\n${reasons.join('\n')}`);
    }
    return this.#save([...this.#servers(), ...fresh]);
  }

  /** @throws {Failure} 'not-found' */
  delete(servers: readonly string[]): ChangedServers {
    this.#refuseInstead();
    const now = this.#servers();
    for (const server of servers) {
      if (now.includes(server)) continue;
      const near = nearest(server, now);
      const hint = near === undefined ? `they are ${now.join(', ') || 'none'}` : `did you mean ${near}?`;
      throw new Failure('not-found', `${server} is not among the NTP servers; ${hint}`);
    }
    return this.#save(now.filter((server) => !servers.includes(server)));
  }

  #servers(): readonly string[] {
    return this.#options.settings.of(timeSettings).servers;
  }

  /** Of a pool one good server is enough. */
  async #unusable(servers: readonly string[]): Promise<JudgedServer[]> {
    const judged = await this.#judge(servers);
    return servers.flatMap((server) => {
      const all = judged.filter((one) => one.server === server);
      return all.some(({ isGood }) => isGood) ? [] : all.slice(0, 1);
    });
  }

  async #judge(servers: readonly string[]): Promise<JudgedServer[]> {
    const { clock } = this.#options;
    const probes = await probeServers(servers, { clock, wall: systemWallClock(), resolve: resolveHost });
    return probes.map((probe) => judgeServer({ probe, isCallManager: false }));
  }

  #save(servers: readonly string[]): ChangedServers {
    const { settings, log } = this.#options;
    editSetting(settings, KEY, servers, log);
    return { servers, warnings: warningsFor(servers) };
  }

  #refuseInstead(): void {
    const instead = this.#options.instead();
    if (instead === undefined) return;
    throw new Failure('conflict', `the list cannot be changed here. ${instead.note}`);
  }
}

function warningsFor(servers: readonly string[]): string[] {
  if (servers.length === 0) return ['No NTP server is left: the clock is trusted as it is.'];
  if (servers.length >= MIN_OTHERS || servers.some((server) => server.startsWith('pool'))) return [];
  return [
    `Unless it is the Unified CM publisher, alone: at least ${MIN_OTHERS} servers of stratum 1 to ${MAX_STRATUM} are needed.`,
  ];
}
