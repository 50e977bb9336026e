import { Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, EXIT, print } from './cli.ts';
import { loadServer, type StartedServer } from './server-module.ts';
import { settle } from './settle.ts';
import { welcome } from './welcome.ts';
import { settingsEnvironment } from './with-node.ts';

/** How long a stop in good order may take before it is one in haste. */
const STOP_WITHIN_MS = 15_000;

interface StartOptions extends CommonOptions {
  domain?: string;
  portOffset: number;
  demo?: boolean;
  set: Record<string, string>;
}

export function start(): Command {
  return new Command('start')
    .description('start the server; the first start makes all it needs')
    .option('--domain <name>', "what the server is called (default: the machine's name, then what it was made for)")
    .option('--port-offset <number>', 'shift every listener by so much', parseOffset, 0)
    .option('--demo', 'also make five people with contact lists, and say their passwords')
    .option('--set <key=value>', 'a setting, above file and environment; may be given again', parseSetting, {})
    .action(run);
}

async function run({ data, domain, portOffset, demo = false, set, json }: StartOptions): Promise<void> {
  const { startServer, version } = await loadServer();
  const env = settingsEnvironment();
  let shutDown: () => void = () => undefined;
  const server = await startServer({
    data,
    portOffset,
    demo,
    env,
    overrides: set,
    shutDown: () => shutDown(),
    ...(domain !== undefined && { domain }),
  });
  const { domain: name, ports, administrator, demo: people } = server;
  const { log, folder } = server.node;
  // Before anything is printed: who reads that it is ready may stop it at once.
  const { stopped, stop } = untilStopped(server);
  shutDown = () => stop('asked by an administrator', EXIT.ok);
  print(
    { json: json ?? false },
    { ready: true, domain: name, ports, administrator, demo: people, data: folder.path },
    () => welcome(server, version),
  );
  log.info({ domain: name, ports, version }, 'the server is ready');
  setImmediate(settle);
  await stopped;
}

/** Serves until somebody ends it. SIGHUP reads the settings again; a second SIGINT or SIGTERM does not wait. */
function untilStopped(server: StartedServer): { stopped: Promise<void>; stop(why: string, exitCode: number): void } {
  const { log } = server.node;
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const stop = (why: string, exitCode: number) => {
    if (asked) process.exit(EXIT.failed);
    asked = true;
    log.info({ why }, 'the server is being stopped');
    setTimeout(() => {
      log.error('the stop took too long; ended in haste');
      process.exit(EXIT.failed);
    }, STOP_WITHIN_MS).unref();
    server.stop().then(
      () => {
        log.info('the server has stopped');
        process.exitCode = exitCode;
        resolve();
      },
      (err) => {
        log.fatal({ err }, 'the stop failed');
        process.exit(EXIT.failed);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal, EXIT.ok));
  process.on('SIGHUP', () => server.reload());
  // A promise that nobody waits for has harmed one request; an exception that nobody caught may have harmed anything.
  process.on('unhandledRejection', (err) => log.error({ err }, 'a promise failed, and nobody waited for it'));
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'an exception that nobody caught');
    stop('exception', EXIT.failed);
  });
  return { stopped, stop };
}

function parseOffset(text: string): number {
  const offset = Number(text);
  if (!/^\d+$/.test(text) || offset > 60_000) throw new InvalidArgumentError('It is a whole number from 0 to 60000.');
  return offset;
}

function parseSetting(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is written as key=value, as in log.level=debug.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
