/** The questions of an installation: each answer is looked at at once, `<` goes back, giving up makes nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '#base/failure.ts';
import type { Finding } from '#setup/checks.ts';
import type { InstallWorld } from '#setup/install-checks.ts';
import { askAnswers, type Prompts } from './install-questions.ts';

const FINGERPRINT = Array(32).fill('AB').join(':');

const world: InstallWorld = {
  resolve: async (host) => {
    if (host === 'cucm-typo') throw new Error('ENOTFOUND');
    return ['10.0.0.5'];
  },
  certificate: async (_, port) => {
    if (port === 1) throw new Failure('unavailable', 'ECONNREFUSED');
    return { fingerprint: FINGERPRINT, isTrusted: false, why: 'SELF_SIGNED' };
  },
  callManager: ({ password }) => ({
    version: async () => {
      if (password === 'wrong') throw new Failure('forbidden', 'unknown user or wrong password (401)');
      return '9.0.1.10000(37)';
    },
    processNodes: async () => [{ name: 'cucm-pub', isPublisher: true }],
    close() {},
  }),
  compareReleases: () => ({ match: true, why: 'both are 9.0' }),
  judgeTime: async (servers) => {
    const isAccepted = servers.includes('cucm-pub');
    return { isAccepted, cause: 'too few', cure: 'Give three.', warnings: [], use: servers };
  },
};

/** A person who gives these answers in this order; an answer that a prompt refuses is followed by the next one. */
function person(answers: readonly string[]) {
  const left = [...answers];
  const said: string[] = [];
  const told: Finding[] = [];
  const next = (message: string) => {
    const answer = left.shift();
    said.push(message);
    if (answer === undefined) throw new Failure('unavailable', 'given up; nothing was installed');
    return answer;
  };
  const typed = (message: string, fault: (text: string) => string | undefined): string => {
    const answer = next(message);
    const wrong = fault(answer);
    if (wrong === undefined) return answer;
    said.push(wrong);
    return typed(message, fault);
  };
  const prompts: Prompts = {
    text: async (message, initial, fault) => typed(message, (text) => fault(text === '' ? initial : text)) || initial,
    secret: async (message, fault) => typed(message, fault),
    async choose(message, choices) {
      const answer = next(message);
      assert.ok(
        choices.some(({ value }) => value === answer),
        `${answer} is no choice of "${message}"`,
      );
      return answer;
    },
    tell: (finding) => told.push(finding),
  };
  return { prompts, said, told, left };
}

const PUBLISHER = [
  'publisher',
  'example.com',
  'imp-pub',
  'unified-cm',
  '9.0',
  'cucm-pub',
  '8443',
  FINGERPRINT,
  'axl',
  'right',
];
const REST = ['open-sesame', 'open-sesame', 'cucm-pub', 'no', 'yes'];

test('a publisher of a Unified CM is asked all that it needs, and shown who answers there', async () => {
  const { prompts, said, told, left } = person([...PUBLISHER, ...REST]);
  assert.deepEqual(await askAnswers(prompts, world), {
    role: 'publisher',
    domain: 'example.com',
    node: 'imp-pub',
    releaseLine: '9.0',
    securityPassword: 'open-sesame',
    callManager: { host: 'cucm-pub', port: 8443, user: 'axl', password: 'right', fingerprint: FINGERPRINT },
    ntp: ['cucm-pub'],
    finish: false,
  });
  assert.deepEqual(left, []);
  assert.ok(said.some((message) => message.includes(FINGERPRINT)));
  assert.ok(told.every(({ state }) => state === 'ok'));
});

test('a wrong answer is told at once, and the question asked again', async () => {
  const wrong = [
    ...PUBLISHER.slice(0, -1),
    'wrong',
    'right',
    'short',
    '-begins',
    'open-sesame',
    'another',
    'open-sesame',
    'far.example',
    'cucm-pub',
  ];
  const { prompts, said, told, left } = person([...wrong, 'yes', 'yes']);
  const answers = await askAnswers(prompts, world);
  assert.ok(answers.role === 'publisher' && answers.finish);
  assert.deepEqual(left, []);
  const faults = told.filter(({ state }) => state === 'failed').map(({ message }) => message);
  assert.deepEqual(faults, ['unknown user or wrong password (401)', 'too few']);
  assert.ok(said.some((text) => text.includes('6 to 64 characters')) && said.includes('The two are not the same.'));
});

test('"<" goes back, also over a question that was not asked', async () => {
  const back = [...PUBLISHER.slice(0, 6), '<', 'cucm-pub', '1', '8443', FINGERPRINT, 'axl', 'right'];
  const { prompts, said, told, left } = person([...back, ...REST.slice(0, 4), '<', 'yes', 'yes']);
  const answers = await askAnswers(prompts, world);
  assert.ok(answers.role === 'publisher' && answers.finish);
  assert.deepEqual(left, []);
  assert.equal(said.filter((message) => message.startsWith('Host name of the Unified CM')).length, 2);
  assert.match(told.find(({ state }) => state === 'failed')?.message ?? '', /cucm-pub port 1 does not answer/);
});

test('without DNS the address is asked for', async () => {
  const answers = person([...PUBLISHER.slice(0, 5), 'cucm-typo', '10.0.0.5', ...PUBLISHER.slice(6), ...REST]);
  const around = {
    ...world,
    callManager: (given: Parameters<InstallWorld['callManager']>[0]) => ({
      ...world.callManager(given),
      processNodes: async () => [{ name: '10.0.0.5', isPublisher: true }],
    }),
  };
  const { callManager } = (await askAnswers(answers.prompts, around)) as { callManager: { address?: string } };
  assert.equal(callManager.address, '10.0.0.5');
});

test('a publisher with the embedded Unified CM, and a subscriber, are asked less', async () => {
  const embedded = person([
    'publisher',
    'example.com',
    'imp-pub',
    'embedded',
    'open-sesame',
    'open-sesame',
    '',
    'yes',
    'yes',
  ]);
  const publisher = await askAnswers(embedded.prompts, world);
  assert.ok(publisher.role === 'publisher' && publisher.callManager === 'embedded' && publisher.ntp.length === 0);
  const sub = person(['subscriber', 'example.com', 'imp-sub', 'imp-pub', '8444', 'open-sesame', 'open-sesame', 'yes']);
  const subscriber = await askAnswers(sub.prompts, world);
  assert.ok(subscriber.role === 'subscriber');
  assert.deepEqual([subscriber.publisher, subscriber.node], [{ host: 'imp-pub', port: 8444 }, 'imp-sub']);
});

test('who gives up is told that nothing was made', async () => {
  await assert.rejects(askAnswers(person(PUBLISHER.slice(0, 4)).prompts, world), {
    message: /given up; nothing was installed/,
  });
});
