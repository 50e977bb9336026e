/** Creates the users by in-band registration (XEP-0077). Users that exist already are left alone. */

import { UsageMeter } from '../../lib/procfs.ts';
import { forEachLimited, makeClients } from '../lib/pool.ts';
import { attribute, escapeXml } from '../lib/splitter.ts';
import { makeResult, type Scenario } from './common.ts';

/** One connection for each user: a server may allow no more. */
export const register: Scenario = async (options) => {
  const clients = makeClients(options.target, options.users);
  const meter = new UsageMeter(options.serverPids);
  let created = 0;
  let existed = 0;
  const failures: string[] = [];
  meter.start();
  await forEachLimited(clients, options.concurrency, async (client) => {
    await client.openStream();
    const reply = await client.iq(
      'set',
      `<query xmlns='jabber:iq:register'><username>${escapeXml(client.user)}</username><password>${escapeXml(client.password)}</password></query>`,
    );
    if (attribute(reply, 'type') === 'result') created++;
    else if (reply.includes('conflict')) existed++;
    else if (failures.length < 5) failures.push(`${client.user}: ${reply}`);
    await client.close();
  });
  const usage = meter.stop();
  return makeResult(options, {
    variant: 'in-band',
    parameters: { users: options.users },
    metrics: {
      'users/s': options.users / (usage.wallMs / 1000),
      'server CPU ms/user': usage.serverCpuMs / options.users,
    },
    usage,
    failures,
    checks: { created, existed },
  });
};
