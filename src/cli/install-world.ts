/** What an installation asks of the network, in earnest. */
import { connect } from 'node:tls';
import { systemClock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import type { InstallWorld, ShownCertificate } from '#setup/install-checks.ts';
import { probeServers } from '#time/probe.ts';
import { resolveHost } from '#time/resolve.ts';
import { decideTimeSources } from '#time/rules.ts';
import { parseServer } from '#time/server-address.ts';
import { systemWallClock } from '#time/wall-clock.ts';
import { ownRelease, parseRelease, releasesMatch } from '#topology/release.ts';
import type { ServerModule } from './server-module.ts';

const CONNECT_MS = 10_000;

export function installWorld({ callManager, version }: Pick<ServerModule, 'callManager' | 'version'>): InstallWorld {
  return {
    resolve: resolveHost,
    certificate: shownCertificate,
    callManager,
    compareReleases: (line, theirs) => releasesMatch(ownRelease(line, version), parseRelease(theirs)),
    async judgeTime(servers, callManagers) {
      const names = callManagers.map((name) => name.toLowerCase());
      const probes = await probeServers(servers, { clock: systemClock, wall: systemWallClock(), resolve: resolveHost });
      const given = probes.map((probe) => ({ probe, isCallManager: names.includes(hostOf(probe.server)) }));
      return decideTimeSources(given, 'publisher');
    },
  };
}

/** '' for what is no server. */
function hostOf(server: string): string {
  try {
    return parseServer(server).host.toLowerCase();
  } catch {
    return '';
  }
}

function shownCertificate(host: string, port: number): Promise<ShownCertificate> {
  return new Promise((resolve, reject) => {
    // Nothing is told to whoever answers: it is only looked at.
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: CONNECT_MS });
    const fail = (why: string) => {
      socket.destroy();
      reject(new Failure('unavailable', why));
    };
    socket.once('timeout', () => fail(`nothing came within ${CONNECT_MS / 1000} s`));
    socket.once('error', (error) => fail(error.message));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      const { authorized, authorizationError } = socket;
      socket.destroy();
      if (certificate === undefined) return fail('it shows no certificate');
      const { fingerprint256: fingerprint } = certificate;
      resolve({ fingerprint, isTrusted: authorized, why: String(authorizationError ?? '') });
    });
  });
}
