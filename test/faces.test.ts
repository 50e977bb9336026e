/** No action is on one face only: what one can do on the control socket, one can do over REST, ad hoc and in a shell. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { methodOf, pathOfCommand } from '#admin/api/paths.ts';
import { allCommands } from '#commands/all.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const ROOT = join(import.meta.dirname, '..');
const COMMANDS = 'http://jabber.org/protocol/commands';
const names = allCommands
  .all()
  .map(({ name }) => name)
  .sort();

/** Files of the command line that are no command of the server, each with the reason. */
const SHELL_ONLY: Record<string, string> = {
  'install.ts': 'it asks what a server is to be, and makes its data folder',
  'start.ts': 'it makes the server that the other faces talk to',
  'prompt/command.ts': 'a way to type the other commands',
};

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['bard'] });
  await server.running.accounts.setAdmin('bard@example.test', true);
});
after(() => server.stop());

/** @returns the status, and the sentence of an error */
function ask(over: typeof tlsRequest, options: RequestOptions, body?: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const asked = over({ ...options, rejectUnauthorized: false, agent: false } as RequestOptions, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve([response.statusCode!, JSON.parse(text)?.error ?? '']);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** What no command takes, so that each is found and none is run. */
const NONSENSE = JSON.stringify('nonsense');
const json = { 'content-type': 'application/json' };

test('names are words joined by dots', () => {
  for (const name of names) assert.match(name, /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/);
});

test('each command is on the control socket', async () => {
  const { controlSocket: socketPath } = server.running.node.folder;
  for (const name of names) {
    const options = { socketPath, path: `/commands/${name}`, method: 'POST', headers: json };
    const [status, error] = await ask(plainRequest, options, NONSENSE);
    assert.equal(status, 400, `${name}: ${error}`);
  }
});

test('each command is in the REST API', async () => {
  const { https: port } = server.running.ports;
  const authorization = `Basic ${Buffer.from(`bard:${server.password}`).toString('base64')}`;
  for (const command of allCommands.all()) {
    const method = methodOf(command);
    const query = method === 'GET' ? '?nonsense=nonsense' : '';
    const path = pathOfCommand(command) + query;
    const options = { host: '127.0.0.1', port: port!, path, method, headers: { ...json, authorization } };
    const [status, error] = await ask(tlsRequest, options, method === 'GET' ? undefined : NONSENSE);
    assert.equal(status, 400, `${command.name}: ${error}`);
  }
});

test('each command is an ad hoc command, and one who administers is shown all', async () => {
  const bard = await server.signIn('bard');
  const query = `<query xmlns='http://jabber.org/protocol/disco#items' node='${COMMANDS}'/>`;
  const items = (await bard.ask('get', query, 'example.test'))!.elements();
  const shown = items.map(({ attributes }) => attributes.node!).filter((node) => !node.startsWith('http:'));
  assert.deepEqual(shown.sort(), names);
  for (const name of names) {
    const wrong = `<command xmlns='${COMMANDS}' node='${name}' sessionid='nonsense'/>`;
    assert.equal(await bard.refusal('set', wrong, 'example.test'), 'modify, bad-request', name);
  }
  await bard.close();
});

test('each command can be run in a shell, by its name', async () => {
  const rollcall = (...args: string[]) =>
    promisify(execFile)(join(ROOT, 'bin/rollcall'), [...args, '--data', server.running.node.folder.path]);
  const { stdout } = await rollcall('command', '--json');
  assert.deepEqual(
    JSON.parse(stdout)
      .map(({ name }: { name: string }) => name)
      .sort(),
    names,
  );
  const contacts = await rollcall('command', 'user.contacts', 'address=bard');
  assert.deepEqual(JSON.parse(contacts.stdout), []);
  const fields = await rollcall('command', 'user.add', '--fields');
  assert.match(fields.stdout, /^password +secret +required/m);
  await assert.rejects(rollcall('command', 'user.passwd', 'address=bard', 'password=x'), { code: 2 });
  await assert.rejects(rollcall('command', 'user.fly'), { code: 2 });
  await assert.rejects(rollcall('command', 'user.contacts', 'nonsense'), { code: 2 });
  await assert.rejects(rollcall('command', 'user.contacts', 'address=nobody'), { code: 1 });
});

test('what can be done in a shell is a command of the server, but for what has a reason', () => {
  const folder = join(ROOT, 'src/cli');
  const own = globSync('**/*.ts', { cwd: folder })
    .filter((file) => !file.endsWith('.test.ts'))
    .filter((file) => {
      const source = readFileSync(join(folder, file), 'utf8');
      return /new Command\('/.test(source) && /\.action\(/.test(source) && !source.includes("from '#commands/");
    });
  assert.deepEqual(own.sort(), Object.keys(SHELL_ONLY).sort());
});
