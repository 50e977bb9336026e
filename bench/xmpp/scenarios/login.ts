/**
 * Users log in: TCP, [TLS], SASL, bind, roster, initial presence, and one ping
 * whose reply proves that the server has taken the presence. A first, untimed
 * round fills the SCRAM key cache, so that the timed one has no PBKDF2 of the
 * tool's in it. Logging out is not timed.
 */

import { UsageMeter } from '../../lib/procfs.ts';
import { latencyMs, microsHistogram, recordSince } from '../lib/pace.ts';
import { closeAll, forEachLimited, makeClients, sleep } from '../lib/pool.ts';
import { nowMicros } from '../lib/token.ts';
import { latencyMetrics, makeResult, type Scenario } from './common.ts';

export const login: Scenario = async (options) => {
  const warmup = makeClients(options.target, options.users);
  await forEachLimited(warmup, options.concurrency, async (client) => {
    await client.login();
    await client.close();
  });
  await sleep(1000);

  const clients = makeClients(options.target, options.users);
  const latency = microsHistogram();
  const meter = new UsageMeter(options.serverPids);
  meter.start();
  await forEachLimited(clients, options.concurrency, async (client) => {
    const start = nowMicros();
    await client.login();
    await client.goOnline();
    recordSince(latency, start);
  });
  const usage = meter.stop();
  const up = clients.filter((client) => client.open).length;
  const security = clients[0]?.security ?? 'none';
  await closeAll(clients);
  return makeResult(options, {
    variant: `${options.concurrency} at once`,
    parameters: { users: options.users, concurrency: options.concurrency, security },
    metrics: {
      'sessions/s': options.users / (usage.wallMs / 1000),
      'server CPU ms/login': usage.serverCpuMs / options.users,
      'tool CPU ms/login': usage.toolCpuMs / options.users,
      ...latencyMetrics(latencyMs(latency)),
    },
    usage,
    failures: up === options.users ? [] : [`${options.users - up} sessions lost`],
    checks: { loggedIn: options.users, stillUp: up },
  });
};
