import { resolve } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { Failure } from '#base/failure.ts';
import { silentLog } from '#base/log.ts';
import { settingsTemplate } from '#base/settings-template.ts';
import type { Finding } from '#setup/checks.ts';
import { checkInstallable, installPublisher, installSubscriber } from '#setup/install.ts';
import { type Answers, type PublisherAnswers, readAnswers } from '#setup/install-answers.ts';
import { checkPublisher, checkSubscriber, type InstallWorld } from '#setup/install-checks.ts';
import { formatRelease, ownRelease } from '#topology/release.ts';
import { type CommonOptions, print, UsageError } from './cli.ts';
import { loadServer, type ServerModule } from './server-module.ts';
import { settingsEnvironment } from './with-node.ts';

export interface InstallCommandOptions extends CommonOptions {
  answers?: string;
}

export async function runInstall(options: InstallCommandOptions): Promise<void> {
  const { answers: file, json } = options;
  const data = resolve(options.data);
  const server = await loadServer();
  const { installWorld } = await import('./install-world.ts');
  const world = installWorld(server);
  const answers = file === undefined ? await asked(world) : readAnswers(file);
  checkInstallable(data, answers);
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    if (!json && file !== undefined) process.stderr.write(`${line(finding)}\n`);
  };
  await (answers.role === 'publisher'
    ? makePublisher(answers, data, server, world, tell)
    : makeSubscriber(answers, data, server, world, tell));
  const { role, node, domain } = answers;
  print({ json: json ?? false }, { role, node, domain, data, findings }, () => farewell(answers, options.data));
}

async function makePublisher(
  answers: PublisherAnswers,
  data: string,
  server: ServerModule,
  world: InstallWorld,
  tell: (finding: Finding) => void,
): Promise<void> {
  stopAt(await checkPublisher(answers, world, tell));
  const names = answers.callManager === 'embedded' ? [] : [answers.callManager.host, answers.callManager.address ?? ''];
  const { use } = answers.ntp.length === 0 ? { use: [] } : await world.judgeTime(answers.ntp, names);
  await installPublisher(answers, use, optionsOf(data, server), {
    keepSecurityPassword: (password) =>
      server.keepSecurityPassword({ data, env: settingsEnvironment(), log: silentLog() }, password),
  });
}

async function makeSubscriber(
  answers: Extract<Answers, { role: 'subscriber' }>,
  data: string,
  server: ServerModule,
  world: InstallWorld,
  tell: (finding: Finding) => void,
): Promise<void> {
  stopAt(await checkSubscriber(answers, world, tell));
  await installSubscriber(answers, optionsOf(data, server), {
    async join({ publisher, node, releaseLine, securityPassword }, files) {
      const { joinCluster } = await import('#topology/join-cluster.ts');
      const release = formatRelease(ownRelease(releaseLine, server.version));
      return joinCluster(publisher, { name: node, release, files, clock: systemClock }, securityPassword);
    },
  });
}

function optionsOf(data: string, { settingsGroups }: ServerModule) {
  return { data, template: settingsTemplate(settingsGroups), now: systemClock.now };
}

async function asked(world: InstallWorld): Promise<Answers> {
  if (!process.stdin.isTTY)
    throw new UsageError('there is no terminal to ask on; give the answers with --answers FILE');
  const { askAnswers } = await import('./install-questions.ts');
  const { terminalPrompts } = await import('./install-prompts.ts');
  return askAnswers(terminalPrompts(), world);
}

/** @throws {Failure} */
function stopAt(failed: Finding | undefined): void {
  if (failed === undefined) return;
  throw new Failure(
    'not-acceptable',
    `${failed.what}: ${failed.message}\n${failed.cure ?? ''}\nNothing was installed.`,
  );
}

function line({ what, state, message, cure }: Finding): string {
  return `${state.padEnd(8)} ${what}: ${message}${cure && state === 'warning' ? `\n         ${cure}` : ''}`;
}

function farewell(answers: Answers, data: string): string {
  const { role, node } = answers;
  if (role === 'subscriber') {
    const { publisher } = answers;
    return `Subscriber ${node} has joined the cluster of ${publisher.host}. "rollcall topology show" there lists it as installed.`;
  }
  const start = `Publisher ${node} is installed. Start it with "rollcall start --data ${data}".`;
  return answers.finish ? start : `${start}\nIt serves nobody until "rollcall setup finish --data ${data}".`;
}
