/**
 * The questions of an installation, one after the other. Each answer is looked at at once, with the checks that a file of
 * answers goes through as well; `<` goes back to the question before.
 */
import type { Finding } from '#setup/checks.ts';
import { machineDomain } from '#setup/data-folder.ts';
import {
  type Answers,
  checkAnswers,
  isDomain,
  isSecurityPassword,
  machineName,
  securityRule,
} from '#setup/install-answers.ts';
import { checkCallManager, checkReach, checkSubscriber, checkTime, type InstallWorld } from '#setup/install-checks.ts';

/** What a person answers instead of an answer, to come back to the question before. */
export const BACK = '<';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** Asks a person. All of them throw `Failure` when that person gives up. */
export interface Prompts {
  /** @param fault says what is wrong with an answer, if anything is */
  text(message: string, initial: string, fault: (text: string) => string | undefined): Promise<string>;
  secret(message: string, fault: (text: string) => string | undefined): Promise<string>;
  choose(message: string, choices: readonly Choice[]): Promise<string>;
  tell(finding: Finding): void;
}

/** Answers so far, by question. */
type Draft = Readonly<Record<string, string>>;

interface Question {
  readonly name: string;
  /** Undefined where it is always asked. */
  readonly when?: (draft: Draft) => boolean;
  /** @returns undefined where nobody had to be asked */
  ask(prompts: Prompts, draft: Draft, world: InstallWorld): Promise<string | undefined>;
  /** @returns what is told; a failed finding has the question asked again */
  check?(draft: Draft, world: InstallWorld): Promise<Finding[]>;
}

const isPublisher = ({ role }: Draft) => role === 'publisher';
const isSubscriber = ({ role }: Draft) => role === 'subscriber';
const hasCallManager = ({ role, kind }: Draft) => role === 'publisher' && kind === 'unified-cm';
const back: Choice = { value: BACK, label: 'back' };

const unless = (isRight: (text: string) => boolean, rule: string) => (text: string) =>
  text === BACK || isRight(text) ? undefined : rule;
const hostFault = unless(
  (text) => /^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/.test(text),
  'It is a host name or an IP address.',
);
const portFault = unless(
  (text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535,
  'It is a port from 1 to 65535.',
);

const questions: readonly Question[] = [
  {
    name: 'role',
    ask: (prompts) =>
      prompts.choose('Which node of the cluster is this?', [
        { value: 'publisher', label: 'the first one, the publisher' },
        { value: 'subscriber', label: 'a further one, a subscriber' },
      ]),
  },
  {
    name: 'domain',
    ask: (prompts) =>
      prompts.text(
        "The domain of people's addresses",
        machineDomain(),
        unless(isDomain, 'It is a domain name, such as example.com.'),
      ),
  },
  {
    name: 'node',
    ask: (prompts) =>
      prompts.text(
        'The host name of this node, as the others know it',
        machineName(),
        unless(
          (text) => /^[A-Za-z][A-Za-z0-9.-]{0,252}$/.test(text),
          'It has letters, digits and hyphens, a letter first.',
        ),
      ),
  },
  {
    name: 'kind',
    when: isPublisher,
    ask: (prompts) =>
      prompts.choose('Who owns the end users?', [
        { value: 'unified-cm', label: 'a Cisco Unified CM' },
        { value: 'embedded', label: 'the embedded Unified CM, in this server itself' },
        back,
      ]),
  },
  {
    name: 'releaseLine',
    when: hasCallManager,
    ask: (prompts) =>
      prompts.text(
        'Major and minor release of that Unified CM',
        '9.0',
        unless((text) => /^\d{1,3}\.\d{1,3}$/.test(text), 'It is written as 9.0.'),
      ),
  },
  {
    name: 'host',
    when: hasCallManager,
    ask: (prompts) => prompts.text('Host name of the Unified CM publisher', '', hostFault),
  },
  {
    name: 'address',
    when: hasCallManager,
    async ask(prompts, { host = '' }, world) {
      if ((await world.resolve(host).catch((): string[] => [])).length > 0) return undefined;
      return prompts.text(`DNS does not know ${host}; its IP address`, '', hostFault);
    },
  },
  {
    name: 'port',
    when: hasCallManager,
    ask: (prompts) => prompts.text('The port of its AXL service', '8443', portFault),
  },
  {
    name: 'fingerprint',
    when: hasCallManager,
    ask: askFingerprint,
    check: (draft, world) => checkReach(managerOf(draft), world),
  },
  {
    name: 'user',
    when: hasCallManager,
    ask: (prompts) =>
      prompts.text(
        'User with the role Standard AXL API Access',
        '',
        unless((text) => text !== '', 'It has a name.'),
      ),
  },
  {
    name: 'password',
    when: hasCallManager,
    ask: (prompts) =>
      prompts.secret(
        'Password of that user',
        unless((text) => text !== '', 'It is not empty.'),
      ),
    check: (draft, world) => checkCallManager(managerOf(draft), draft.releaseLine!, world),
  },
  {
    name: 'publisherHost',
    when: isSubscriber,
    ask: (prompts) => prompts.text('Host name of the publisher', '', hostFault),
  },
  {
    name: 'publisherPort',
    when: isSubscriber,
    ask: (prompts) => prompts.text('The port on which it takes nodes', '8444', portFault),
    async check(draft, world) {
      const findings: Finding[] = [];
      const answers = finished({ ...draft, securityPassword: 'not-asked-yet' });
      if (answers.role === 'subscriber') await checkSubscriber(answers, world, (finding) => findings.push(finding));
      return findings;
    },
  },
  {
    name: 'securityPassword',
    ask: (prompts) =>
      prompts.secret('Security password of the cluster', unless(isSecurityPassword, `No: ${securityRule}.`)),
  },
  {
    name: 'again',
    ask: (prompts, { securityPassword }) =>
      prompts.secret(
        'The security password again',
        unless((text) => text === securityPassword, 'The two are not the same.'),
      ),
  },
  {
    name: 'ntp',
    when: isPublisher,
    ask: (prompts, { host = '', address = '' }) =>
      prompts.text(
        'NTP servers, with commas between; the Unified CM publisher alone is recommended',
        address || host,
        () => undefined,
      ),
    async check(draft, world) {
      const answers = finished(draft);
      return answers.role === 'publisher' ? checkTime(answers, world) : [];
    },
  },
  {
    name: 'finish',
    when: isPublisher,
    ask: (prompts) =>
      prompts.choose('Let people in as soon as the server starts?', [
        { value: 'yes', label: 'yes: the setup is finished with this' },
        { value: 'no', label: 'no: later, with "rollcall setup finish"' },
        back,
      ]),
  },
  {
    name: 'confirm',
    ask: (prompts, draft) =>
      prompts.choose(`Install ${draft.role} ${draft.node} of ${draft.domain}?`, [{ value: 'yes', label: 'yes' }, back]),
  },
];

/**
 * Asks all that has to be known.
 * @throws {Failure} when the person gives up; nothing was made then
 */
export async function askAnswers(prompts: Prompts, world: InstallWorld): Promise<Answers> {
  let draft: Draft = {};
  const asked: number[] = [];
  for (let at = 0; at < questions.length; ) {
    const question = questions[at]!;
    if (question.when?.(draft) === false) {
      at++;
      continue;
    }
    const answer = await question.ask(prompts, draft, world);
    if (answer === BACK) {
      at = asked.pop() ?? 0;
      continue;
    }
    const next = { ...draft, [question.name]: answer ?? '' };
    const findings = (await question.check?.(next, world)) ?? [];
    for (const finding of findings) prompts.tell(finding);
    if (findings.some(({ state }) => state === 'failed')) {
      // What was not asked cannot be answered otherwise.
      if (answer === undefined) at = asked.pop() ?? 0;
      continue;
    }
    draft = next;
    if (answer !== undefined) asked.push(at);
    at++;
  }
  return finished(draft);
}

/** Shows who answers there, and has it trusted where no authority vouches for it. */
async function askFingerprint(
  prompts: Prompts,
  { host = '', address, port }: Draft,
  world: InstallWorld,
): Promise<string | undefined> {
  try {
    const { fingerprint, isTrusted, why } = await world.certificate(address || host, Number(port));
    if (isTrusted) return undefined;
    return await prompts.choose(
      `Nobody vouches for the certificate of ${host} (${why}). Its SHA-256 fingerprint is\n${fingerprint}`,
      [{ value: fingerprint, label: 'it is the one that Unified CM shows for tomcat: trust it' }, back],
    );
  } catch (error) {
    const message = `${host} port ${port} does not answer: ${(error as Error).message}`;
    prompts.tell({
      what: 'AXL',
      state: 'failed',
      message,
      cure: 'Correct host and port, or see that Unified CM runs.',
    });
    return BACK;
  }
}

function managerOf({ host = '', address = '', port, user = '', password = '', fingerprint = '' }: Draft) {
  return {
    ...{ host, user, password, port: Number(port) },
    ...(address !== '' && { address }),
    ...(fingerprint !== '' && { fingerprint }),
  };
}

/** The same form as in a file of answers, and the same checks. @throws {AnswerProblems} */
function finished(draft: Draft): Answers {
  const {
    role,
    domain,
    node,
    releaseLine,
    securityPassword,
    kind,
    ntp = '',
    finish,
    publisherHost,
    publisherPort,
  } = draft;
  const shared = { role, domain, node, securityPassword, ...(releaseLine !== undefined && { releaseLine }) };
  const given =
    role === 'subscriber'
      ? { ...shared, publisher: { host: publisherHost, port: Number(publisherPort) } }
      : {
          ...shared,
          callManager: kind === 'embedded' ? kind : managerOf(draft),
          ntp: ntp
            .split(',')
            .map((one) => one.trim())
            .filter((one) => one !== ''),
          finish: finish === 'yes',
        };
  return checkAnswers(given, () => '');
}
