/**
 * What an installation is told is checked in one order, for a person and for a file alike; each refusal has its cause and
 * its cure. The answers around a Unified CM are played here; the whole way over the network is in test/install.test.ts.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { Failure } from '#base/failure.ts';
import type { Finding } from './checks.ts';
import { checkInstallable, installPublisher, installSubscriber } from './install.ts';
import {
  AnswerProblems,
  type CallManagerAnswers,
  type PublisherAnswers,
  readAnswers,
  type SubscriberAnswers,
} from './install-answers.ts';
import { checkPublisher, checkSubscriber, type InstallWorld } from './install-checks.ts';
import { lockedBecause, readInstallation } from './installation.ts';

const FINGERPRINT = Array(32).fill('AB').join(':');

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'install-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const manager: CallManagerAnswers = { host: 'cucm-pub', port: 8443, user: 'axl', password: 'pw' };
const publisher: PublisherAnswers = {
  role: 'publisher',
  domain: 'example.com',
  node: 'imp-pub',
  releaseLine: '9.0',
  securityPassword: 'open-sesame',
  callManager: manager,
  ntp: ['cucm-pub'],
  finish: false,
};

/** A network in which all is well. */
const world: InstallWorld = {
  resolve: async () => ['10.0.0.5'],
  certificate: async () => ({ fingerprint: FINGERPRINT, isTrusted: true, why: '' }),
  callManager: () => ({
    version: async () => '9.0.1.10000(37)',
    processNodes: async () => [
      { name: 'cucm-pub.example.com', isPublisher: true },
      { name: 'cucm-sub', isPublisher: false },
    ],
    close() {},
  }),
  compareReleases: (line, theirs) => ({ match: theirs.startsWith(line), why: `this is ${line} and that ${theirs}` }),
  judgeTime: async (servers) => ({ isAccepted: true, cause: '', cure: '', warnings: [], use: servers }),
};

async function findingsOf(answers: PublisherAnswers, around: InstallWorld): Promise<[Finding[], Finding | undefined]> {
  const told: Finding[] = [];
  const bad = await checkPublisher(answers, around, (finding) => told.push(finding));
  return [told, bad];
}

test('where all is well each thing is told in its order', async () => {
  const [told, bad] = await findingsOf(publisher, world);
  assert.equal(bad, undefined);
  assert.deepEqual(
    told.map(({ what, state }) => [what, state]),
    [
      ['Unified CM publisher', 'ok'],
      ['certificate of Unified CM', 'ok'],
      ['AXL user', 'ok'],
      ['releases', 'ok'],
      ['role of that Unified CM', 'ok'],
      ['security password', 'ok'],
      ['time', 'ok'],
    ],
  );
});

function axl(changed: Partial<ReturnType<InstallWorld['callManager']>>): InstallWorld {
  return { ...world, callManager: (answers) => ({ ...world.callManager(answers), ...changed }) };
}
const refusing = (failure: Failure) => async () => {
  throw failure;
};

const refusals: [
  title: string,
  around: InstallWorld,
  changed: Partial<CallManagerAnswers>,
  what: string,
  cause: RegExp,
  cure: RegExp,
][] = [
  [
    'a name that DNS does not know, without an address',
    { ...world, resolve: async () => [] },
    {},
    'Unified CM publisher',
    /cucm-pub is not known in DNS/,
    /without DNS give its IP address/,
  ],
  [
    'a host on which nothing answers',
    { ...world, certificate: refusing(new Failure('unavailable', 'connect ECONNREFUSED')) },
    {},
    'AXL',
    /cucm-pub port 8443 does not answer: connect ECONNREFUSED/,
    /firewall/,
  ],
  [
    'a certificate that nobody vouches for, with its fingerprint',
    {
      ...world,
      certificate: async () => ({ fingerprint: FINGERPRINT, isTrusted: false, why: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
    },
    {},
    'certificate of Unified CM',
    /nobody vouches for it \(DEPTH_ZERO_SELF_SIGNED_CERT\); its SHA-256 fingerprint is AB:AB:/,
    /give it as fingerprint/,
  ],
  [
    'another certificate than the pinned one',
    world,
    { fingerprint: 'cd'.repeat(32) },
    'certificate of Unified CM',
    /another than the one that was given: AB:/,
    /somebody stands between/,
  ],
  [
    'an unknown user or a wrong password',
    axl({ version: refusing(new Failure('forbidden', 'it does not know the user axl (401)')) }),
    {},
    'AXL user',
    /\(401\)/,
    /Correct user and password/,
  ],
  [
    'a user without the role',
    axl({ version: refusing(new Failure('forbidden', 'axl lacks the role Standard AXL API Access (403)')) }),
    {},
    'AXL user',
    /lacks the role/,
    /Standard AXL API Access in Unified CM/,
  ],
  [
    'a Unified CM of another release, with both',
    axl({ version: async () => '9.1.1.10000(11)' }),
    {},
    'releases',
    /this is 9\.0 and that 9\.1\.1\.10000\(11\)/,
    /topology\.releaseLine/,
  ],
  [
    'a subscriber of the Unified CM cluster, with its publisher',
    axl({}),
    { host: 'cucm-sub' },
    'role of that Unified CM',
    /cucm-sub is a subscriber; the publisher of that cluster is cucm-pub\.example\.com/,
    /Give cucm-pub\.example\.com/,
  ],
  [
    'a host that is none of its servers',
    axl({}),
    { host: 'elsewhere' },
    'role of that Unified CM',
    /elsewhere is not among its servers/,
    /Give cucm-pub/,
  ],
  [
    'NTP servers that break the rule',
    {
      ...world,
      judgeTime: async () => ({
        isAccepted: false,
        cause: 'only 2 are good',
        cure: 'Give three.',
        warnings: [],
        use: [],
      }),
    },
    {},
    'time',
    /only 2 are good/,
    /Give three/,
  ],
];

for (const [title, around, changed, what, cause, cure] of refusals) {
  test(`refused: ${title}; nothing after it is asked`, async () => {
    const [told, bad] = await findingsOf({ ...publisher, callManager: { ...manager, ...changed } }, around);
    assert.equal(bad?.what, what);
    assert.match(bad.message, cause);
    assert.match(bad.cure ?? '', cure);
    assert.equal(told.at(-1), bad);
  });
}

test('without DNS the address is enough, and the servers of Unified CM may be listed by address', async () => {
  const around: InstallWorld = {
    ...axl({ processNodes: async () => [{ name: '10.0.0.5', isPublisher: true }] }),
    resolve: async () => {
      throw new Error('no DNS');
    },
  };
  const [, bad] = await findingsOf({ ...publisher, callManager: { ...manager, address: '10.0.0.5' } }, around);
  assert.equal(bad, undefined);
});

test('a pinned certificate is taken in any spelling of its fingerprint', async () => {
  for (const fingerprint of [FINGERPRINT, 'ab'.repeat(32), FINGERPRINT.toLowerCase()])
    assert.equal((await findingsOf({ ...publisher, callManager: { ...manager, fingerprint } }, world))[1], undefined);
});

const subscriber: SubscriberAnswers = {
  role: 'subscriber',
  domain: 'example.com',
  node: 'imp-sub',
  releaseLine: '9.0',
  securityPassword: 'open-sesame',
  publisher: { host: 'imp-pub', port: 8444 },
};

test('a subscriber is told what to do on the publisher when that does not take nodes', async () => {
  const around = { ...world, certificate: refusing(new Failure('unavailable', 'ECONNREFUSED')) };
  const bad = await checkSubscriber(subscriber, around, () => {});
  assert.match(bad?.cure ?? '', /rollcall topology add-node/);
  const unknown = await checkSubscriber(subscriber, { ...world, resolve: async () => [] }, () => {});
  assert.match(unknown?.message ?? '', /imp-pub is not known/);
});

function problemsOf(t: TestContext, text: string): string[] {
  const file = join(newFolder(t), 'answers.yaml');
  writeFileSync(file, text);
  try {
    readAnswers(file);
  } catch (error) {
    if (error instanceof AnswerProblems) return [...error.problems];
    throw error;
  }
  return [];
}

test('a file of answers is YAML or JSON, and keeps passwords in files beside it', (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, 'axl'), 'geheim\nrest\n');
  const answers = {
    ...{
      role: 'publisher',
      domain: 'Example.COM',
      node: 'IMP-pub',
      securityPassword: 'open-sesame',
      ntp: ['cucm-pub'],
    },
    callManager: { host: 'cucm-pub', user: 'axl', password: { file: 'axl' } },
  };
  writeFileSync(join(folder, 'answers.json'), JSON.stringify(answers));
  assert.deepEqual(readAnswers(join(folder, 'answers.json')), {
    ...publisher,
    callManager: { ...manager, password: 'geheim' },
  });
});

test('all that is wrong in a file of answers is told at once, with the name that was meant, and no secret', (t) => {
  const problems = problemsOf(
    t,
    'role: publisher\ndomian: a\nnode: im_p\nsecurityPassword: hush\ncallManager: { hots: a, user: b, password: swordfish-9 }\n',
  );
  const all = problems.join('\n');
  for (const expected of [
    /domian: nothing is called so; did you mean domain\?/,
    /node: .*letters, digits/,
    /callManager\.hots: .*mean host\?/,
  ])
    assert.match(all, expected);
  assert.doesNotMatch(all, /swordfish/);
  assert.match(
    problemsOf(t, 'role: publisher\ncallManager: embedded\nsecurityPassword: -hush1\n').join(),
    /begins with a letter or digit/,
  );
});

test('what is no file of answers is refused in a sentence', (t) => {
  for (const text of [
    '',
    '[]',
    'role: chief',
    '"x"',
    'a: &a [*a]',
    '{',
    `role: ${'x'.repeat(70_000)}`,
    'role: &r publisher\nnode: *r',
  ])
    assert.ok(problemsOf(t, text).length > 0, text.slice(0, 30));
  const missing = problemsOf(t, 'role: publisher\ncallManager: embedded\nsecurityPassword: { file: nowhere }\n');
  assert.match(missing.join(), /nowhere cannot be read/);
});

test('a publisher that breaks off at any step is installed when it is done again; a second one is refused', async (t) => {
  const data = join(newFolder(t), 'data');
  const options = { data, template: '# log:\n#   level: "info"\n', now: () => Date.UTC(2027, 0, 1) };
  const breakOff = async () => {
    throw new Error('power is cut');
  };
  const answers = { ...publisher, callManager: { ...manager, fingerprint: FINGERPRINT } };
  for (let twice = 0; twice < 2; twice++) {
    checkInstallable(data, answers);
    await assert.rejects(installPublisher(answers, ['cucm-pub'], options, { keepSecurityPassword: breakOff }));
    assert.match(lockedBecause(readInstallation(data)) ?? '', /broke off; run "rollcall install" again/);
  }
  assert.throws(() => checkInstallable(data, { role: 'publisher', node: 'other' }), /of publisher imp-pub broke off/);
  const kept: string[] = [];
  await installPublisher(answers, ['cucm-pub'], options, {
    keepSecurityPassword: async (word) => void kept.push(word),
  });
  assert.deepEqual(kept, ['open-sesame']);
  assert.deepEqual(readInstallation(data), {
    role: 'publisher',
    node: 'imp-pub',
    callManager: 'cucm-pub',
    state: 'installed',
  });
  const settings = readFileSync(join(data, 'settings.yaml'), 'utf8');
  assert.match(settings, /^# log:$/m);
  assert.deepEqual(parse(settings), {
    topology: { releaseLine: '9.0' },
    time: { servers: ['cucm-pub'] },
    unifiedCm: {
      ...{ host: 'cucm-pub', port: 8443, user: 'axl', passwordFile: 'unified-cm-password' },
      ...{ trust: 'fingerprint', fingerprint: FINGERPRINT },
    },
  });
  assert.doesNotMatch(settings, /open-sesame/);
  assert.equal(statSync(join(data, 'unified-cm-password')).mode & 0o777, 0o600);
  assert.throws(() => checkInstallable(data, answers), { kind: 'conflict', message: /is installed .* already/ });
});

test('a subscriber that is refused leaves no folder behind; one that was let in keeps what it was given', async (t) => {
  const data = join(newFolder(t), 'data');
  const options = { data, template: '', now: () => Date.UTC(2027, 0, 1) };
  const refuse = refusing(new Failure('forbidden', 'security password mismatch'));
  await assert.rejects(installSubscriber(subscriber, options, { join: refuse }), /mismatch/);
  assert.equal(existsSync(data), false);
  const breakOff = {
    join: async (_: unknown, files: { replace(name: string, content: string): void }) => {
      files.replace('key.pem', 'key');
      throw new Error('power is cut');
    },
  };
  await assert.rejects(installSubscriber(subscriber, options, breakOff));
  checkInstallable(data, subscriber);
  await installSubscriber(subscriber, options, {
    join: async (_, files) => {
      assert.equal(files.read('key.pem'), 'key');
      return { publisher: 'imp-pub', certificateEndsAt: 5 };
    },
  });
  assert.deepEqual(readInstallation(data)?.publisher, {
    host: 'imp-pub',
    port: 8444,
    name: 'imp-pub',
    certificateEndsAt: 5,
  });
  assert.match(lockedBecause(readInstallation(data)) ?? '', /has joined the cluster of imp-pub/);
});
