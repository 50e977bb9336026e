/**
 * The product description of IM and Presence, sentence by sentence: each test is named by the sentence that it proves. What
 * is proved at length elsewhere (whole installations, refusals of every kind, time servers of others) is proved here once.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Failure } from '#base/failure.ts';
import { checkAnswers } from '#setup/install-answers.ts';
import { decideTimeSources, type GivenServer } from '#time/rules.ts';
import { joinCluster } from '#topology/join-cluster.ts';
import { formatRelease, parseRelease, releasesMatch } from '#topology/release.ts';
import { askServer } from '../src/cli/control-client.ts';
import { BulkJobs, figures } from './support/bulk-jobs.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';
import { SipClient } from './support/sip-client.ts';
import { until } from './support/until.ts';

const SECURITY_PASSWORD = 'open-sesame';
const publisherAnswers = {
  role: 'publisher',
  domain: 'example.test',
  node: 'imp-pub',
  securityPassword: SECURITY_PASSWORD,
  callManager: { host: 'cucm-pub', user: 'axl', password: 'axl-password' },
  ntp: ['cucm-pub'],
};
const noFile = (): string => {
  throw new Error('no file is named');
};

let server: InProcess;

before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  await server.befriend('romeo', 'juliet');
});
after(() => server.stop());

async function run<T = unknown>(name: string, input: unknown): Promise<T> {
  const answer = await askServer(server.running.node.folder.path, name, input);
  assert.ok(answer, 'the server does not run');
  return answer.output as T;
}

const directory = () => server.running.node.directory;
const enabled = async (name: string) => (await server.running.accounts.find(`${name}@example.test`))?.enabled;
const person = (userid: string) => ({ userid, lastName: 'Capulet', presenceGroupName: 'Standard Presence group' });

describe('overview', () => {
  test('IM and Presence provides native standards-based dual-protocol enterprise instant messaging and network-based presence', async (t) => {
    const romeo = await server.signIn('romeo');
    await romeo.becomeAvailable();
    const { domain, password } = server;
    const phone = await SipClient.open({ port: server.running.ports.sip!, domain, person: 'juliet', password });
    t.after(() => phone.close());
    await phone.register();
    romeo.send(`<message to='juliet@example.test' type='chat' id='d1'><body>by XMPP</body></message>`);
    const message = await phone.expect('MESSAGE');
    assert.match(message.body, /by XMPP/);
    await romeo.close();
  });
});

describe('publisher and subscriber nodes', () => {
  const files = new (class extends Map<string, string> {
    read(name: string) {
      return this.get(name);
    }
    replace(name: string, content: string) {
      this.set(name, content);
    }
  })();
  const join = (name: string, release = server.running.node.release, password = SECURITY_PASSWORD) =>
    joinCluster(
      { host: '127.0.0.1', port: server.running.ports.join! },
      { name, release, files, clock: server.running.node.clock },
      password,
    );

  test('The first node that you install in each IM and Presence cluster is called the publisher node', async () => {
    const { nodes } = await run<{ nodes: { name: string; role: string }[] }>('topology.show', {});
    assert.deepEqual(
      nodes.map(({ role }) => role),
      ['publisher'],
    );
  });

  test('You must set up all subscriber nodes in the system topology on the publisher node before you install them', async () => {
    await run('topology.security-password', { password: SECURITY_PASSWORD });
    await run('topology.add-subcluster', { name: 'Second' });
    await run('topology.add-node', { name: 'imp-sub' });
    await until('the port for subscribers is open', async () => server.running.ports.join !== undefined);
    await assert.rejects(join('imp-other'), (error: Failure) => {
      assert.match(error.message, /imp-other/);
      return error instanceof Failure;
    });
  });

  test('Each subscriber node must be associated with the publisher node', async () => {
    await assert.rejects(join('imp-sub', undefined, 'another-password'), /security password/);
    const { publisher } = await join('imp-sub');
    const { nodes } = await run<{ nodes: { name: string; role: string; state: string }[] }>('topology.show', {});
    assert.equal(publisher, nodes.find(({ role }) => role === 'publisher')?.name);
    assert.equal(nodes.find(({ name }) => name === 'imp-sub')?.state, 'installed');
  });

  test('On the publisher node, assign the subscriber nodes to the subcluster arrangement as required', async () => {
    await run('topology.assign', { name: 'imp-sub', subcluster: 'Second' });
    const { subclusters } = await run<{ subclusters: { name: string; nodes: string[] }[] }>('topology.show', {});
    assert.deepEqual(subclusters.find(({ name }) => name === 'Second')?.nodes, ['imp-sub']);
    assert.equal(subclusters[0]?.name, 'DefaultCUPSubcluster');
  });

  test('Later nodes have the very release of the publisher', async () => {
    await assert.rejects(join('imp-sub', '9.0.2.10000-1'), /9\.0\.2\.10000-1/);
  });
});

describe('interaction with Unified CM', () => {
  const rows: [presence: string, callManager: string, match: boolean][] = [
    ['9.0.1.10000-37', '9.0.1.10000-37', true],
    ['9.0.1.10000-37', '9.0.2.11000-4', true],
    ['9.1.1.20000-5', '9.1.1.10000-11', true],
    ['9.0.1.10000-37', '9.1.1.10000-11', false],
    ['9.1.2.10000-1', '9.0.1.10000-37', false],
    ['9.1.1.10000-8', '8.6.2.20000-2', false],
    ['10.0.1.10000-24', '9.1.2.10000-28', false],
    ['8.6.4', '9.0.1', false],
    ['9.0', '9.0.1.10000-37', true],
    ['15.0.1.11900-40', '15.0.1.10000-32', true],
    ['9.0.2.10000-4', '9.0.12.30000-2', true],
    ['9.0.2.10000-4', '9.1.1.10000-3', false],
    ['9.0.1.10000-9', '8.6.2.10000-6', false],
  ];
  for (const [presence, callManager, match] of rows) {
    test(`For two software versions to match, they must have the same major and minor release number: ${presence} and ${callManager} ${match ? 'match' : 'do not'}`, () => {
      const verdict = releasesMatch(parseRelease(presence), parseRelease(callManager));
      assert.equal(verdict.match, match, verdict.why);
    });
  }

  test('IM and Presence and Unified CM releases match, from 9.0(1) on, and every start looks at it', async () => {
    const status = await run<{ match: boolean; release: string; version: string }>('sync.status', {});
    assert.equal(status.match, true);
    assert.equal(formatRelease(parseRelease(status.release)), server.running.node.release);
    assert.ok(releasesMatch(parseRelease(status.release), parseRelease(status.version)).match);
  });

  for (const [what, lacking] of Object.entries({
    'The Unified CM publisher hostname': { host: undefined },
    'User ID of the Standard AXL API Access role': { user: undefined },
    'Password of the Standard AXL API Access role': { password: undefined },
  })) {
    test(`When you install IM and Presence, you must provide: ${what}`, () => {
      const answers = { ...publisherAnswers, callManager: { ...publisherAnswers.callManager, ...lacking } };
      assert.throws(
        () => checkAnswers(JSON.parse(JSON.stringify(answers)), noFile),
        new RegExp(Object.keys(lacking)[0]!),
      );
    });
  }

  test('When you install IM and Presence, you must provide: The Unified CM publisher security password', () => {
    const { securityPassword: _, ...without } = publisherAnswers;
    assert.throws(() => checkAnswers(without, noFile), /securityPassword/);
    for (const password of ['short', '-leading', 'has blank'])
      assert.throws(
        () => checkAnswers({ ...publisherAnswers, securityPassword: password }, noFile),
        /securityPassword/,
      );
    assert.equal(
      (checkAnswers(publisherAnswers, noFile) as { securityPassword: string }).securityPassword,
      SECURITY_PASSWORD,
    );
  });

  test('When you install IM and Presence, you must provide: The Unified CM IP address, only for deployments that do not use DNS', () => {
    const answers = { ...publisherAnswers, callManager: { ...publisherAnswers.callManager, address: '192.0.2.5' } };
    assert.equal(
      (checkAnswers(answers, noFile) as { callManager: { address?: string } }).callManager.address,
      '192.0.2.5',
    );
    const bad = { ...publisherAnswers, callManager: { ...publisherAnswers.callManager, address: 'not-an-address' } };
    assert.throws(() => checkAnswers(bad, noFile), /address/);
  });
});

describe('system time on the publisher node', () => {
  const given = (name: string, stratum: number, isCallManager = false): GivenServer => ({
    isCallManager,
    probe: {
      server: name,
      address: `address of ${name}`,
      result: {
        kind: 'time',
        sample: { offsetMs: 1, delayMs: 1, dispersionMs: 1, at: 0 },
        clock: { leap: 0, stratum, version: 4, referenceId: 0, rootDelayMs: 1, rootDispersionMs: 1, referenceAt: 0 },
      } as unknown as GivenServer['probe']['result'],
    },
  });
  const decide = (...servers: GivenServer[]) => decideTimeSources(servers, 'publisher');

  test('When you install the publisher node, you must specify an external NTP server', () => {
    assert.equal(decide().isAccepted, false);
  });

  test('Cisco recommends that you configure the Unified CM publisher node as the sole NTP server', () => {
    const { isAccepted, use, warnings } = decide(given('cucm-pub', 3, true));
    assert.deepEqual([isAccepted, use, warnings], [true, ['cucm-pub'], []]);
  });

  test('If you do not want to set the Unified CM as the NTP server, you must specify at least three other NTP servers', () => {
    assert.equal(decide(given('a', 2), given('b', 2)).isAccepted, false);
    assert.equal(decide(given('a', 2), given('b', 2), given('c', 2)).isAccepted, true);
  });

  test('and ensure that these servers are stratum 5 or higher: nearer to the reference clock', () => {
    assert.equal(decide(given('a', 5), given('b', 5), given('c', 5)).isAccepted, true);
    const refused = decide(given('a', 5), given('b', 5), given('far', 6));
    assert.equal(refused.isAccepted, false);
    assert.match(refused.servers.find(({ server: name }) => name === 'far')!.finding, /6/);
    const four = decide(given('a', 5), given('b', 1), given('c', 3), given('far', 6));
    assert.deepEqual([four.isAccepted, four.use], [true, ['a', 'b', 'c']]);
  });

  test('All subsequent nodes in the cluster will set the time from there: a subscriber is not asked', () => {
    const { isAccepted, use } = decideTimeSources([], 'subscriber');
    assert.deepEqual([isAccepted, use], [true, []]);
  });

  test('To verify the NTP service, you can enter the following CLI command: utils ntp status', async () => {
    const status = await run<{ running: boolean }>('ntp.status', {});
    assert.equal(typeof status, 'object');
  });
});

describe('license requirements', () => {
  test('IM and Presence does not require a server license or software version license', async () => {
    const { problems } = await run<{ problems: { what: string }[] }>('server.status', {});
    assert.ok(!problems.some(({ what }) => /licen[cs]e/i.test(what)));
  });

  test('You must assign IM and Presence to each user: those who are not enabled will not be able to log in', async () => {
    await directory().add('User', person('tybalt'));
    await directory().add('User', { ...person('paris'), imAndPresenceEnable: true });
    await until('Paris is enabled', () => enabled('paris'));
    assert.notEqual(await enabled('tybalt'), true);
    await assert.rejects(server.signIn('tybalt'), /not-authorized/);
  });

  test('You can assign IM and Presence on a per user basis, regardless of the number of clients of each user', async () => {
    const clients = await Promise.all(['one', 'two', 'three', 'four'].map((name) => server.signIn('romeo', name)));
    const { enabled: counted } = await run<{ enabled: number }>('license.report', {});
    for (const client of clients) await client.close();
    assert.equal((await run<{ enabled: number }>('license.report', {})).enabled, counted);
  });

  test('With the Jabber for Everyone Offer, no end user licenses are required; capabilities are included in UCL and CUWL', async () => {
    const { byEntitlement, enabled: all } = await run<{
      enabled: number;
      byEntitlement: { entitlement: string; users: number }[];
    }>('license.report', {});
    assert.deepEqual(
      byEntitlement.map(({ entitlement }) => entitlement),
      ['User Connect Licensing', 'Unified Workspace Licensing', 'Jabber for Everyone'],
    );
    assert.equal(
      byEntitlement.reduce((sum, { users }) => sum + users, 0),
      all,
    );
  });

  test('You can enable a user using: The End User Configuration', async () => {
    await directory().update('User', { name: 'tybalt' }, { imAndPresenceEnable: true });
    await until('Tybalt is enabled', () => enabled('tybalt'));
  });

  test('You can enable a user using: The Bulk Administration Tool (BAT)', async () => {
    await directory().add('User', person('benvolio'));
    const { node, domain, bulk } = server.running;
    const { domains, accounts, homes, settings, log } = node;
    const jobs = new BulkJobs(() => ({ domain, domains, accounts, homes, settings, log, server: undefined, bulk }));
    const file = 'USER ID,HOME CLUSTER,ENABLE USER FOR UNIFIED CM IM AND PRESENCE\nbenvolio,t,t\n';
    assert.equal(figures(await jobs.run('update-users', file)), '1/0/0/0');
    await until('Benvolio is enabled', () => enabled('benvolio'));
  });

  test('You can enable a user using: a feature group template which you can reference from the Quick User/Phone Add window', async () => {
    await directory().add('FeatureGroupTemplate', {
      name: 'Presence',
      homeCluster: true,
      imAndUcPresenceEnable: true,
      maxDeskPickupWait: 10_000,
      remoteDestinationLimit: 4,
      BLFPresenceGp: 'Standard Presence group',
    });
    await directory().addUserPhoneAssociation({
      ...{ userId: 'mercutio', lastName: 'Escalus', productType: 'Cisco 7965', name: 'SEP001122334455' },
      ...{ e164Mask: '', extension: '4711' },
    });
    assert.notEqual(await enabled('mercutio'), true);
    await directory().applyTemplate('mercutio', 'Presence');
    await until('Mercutio is enabled', () => enabled('mercutio'));
  });

  test('Other users will not see the presence status of those who are not enabled, and they send and receive nothing', async () => {
    await run('user.add', { address: 'nurse', password: server.password });
    await server.befriend('romeo', 'nurse');
    const nurse = await server.signIn('nurse');
    await nurse.becomeAvailable();
    const romeo = await server.signIn('romeo');
    await romeo.ask('get', `<query xmlns='jabber:iq:roster'/>`);
    await romeo.becomeAvailable();
    await romeo.expect(`<presence from='${nurse.jid}'/>`);
    await directory().update('User', { name: 'nurse' }, { imAndPresenceEnable: false });
    await nurse.closed;
    await romeo.expect(`<presence from='${nurse.jid}' type='unavailable'/>`);
    romeo.send(`<message to='nurse@example.test' type='chat' id='d2'><body>Nurse!</body></message>`);
    const refused = await romeo.expect((stanza) => stanza.name === 'message' && stanza.attributes.id === 'd2');
    assert.equal(refused.attributes.type, 'error');
    await romeo.close();
  });
});
