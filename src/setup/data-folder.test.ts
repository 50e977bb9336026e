import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Failure } from '#base/failure.ts';
import { machineDomain, makeDataFolder, openDataFolder } from './data-folder.ts';
import { demoPassword, newPassword } from './passwords.ts';

const NOW = Date.UTC(2027, 0, 1);

function newFolder(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'data-'));
  t.after(() => rmSync(parent, { recursive: true }));
  return join(parent, 'deep', 'data');
}

function failure(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return error;
  }
  throw new Error('it did not fail');
}

test('a data folder is its owner’s alone, and so is each secret in it', (t) => {
  const path = newFolder(t);
  const { domain } = makeDataFolder(path, 'Chat.Example', '# settings\n', NOW);
  assert.equal(domain, 'chat.example');
  const mode = (...names: string[]) => (statSync(join(path, ...names)).mode & 0o777).toString(8);
  assert.equal(mode(), '700');
  assert.equal(mode('tls', domain), '700');
  for (const name of ['secret', 'server.json', 'settings.yaml', 'tls/chat.example/key.pem'])
    assert.equal(mode(name), '600', name);
  assert.equal(readFileSync(join(path, 'settings.yaml'), 'utf8'), '# settings\n');
});

test('a second start finds the same server and changes nothing', (t) => {
  const path = newFolder(t);
  const first = makeDataFolder(path, undefined, '', NOW);
  const contents = () =>
    readdirSync(path, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => {
        const file = join(path, name);
        return [name, statSync(file).isFile() ? readFileSync(file, 'hex') : ''];
      });
  const before = contents();
  assert.deepEqual(makeDataFolder(path, undefined, 'another template', NOW + 1), first);
  assert.deepEqual(makeDataFolder(path, first.domain, 'another template', NOW + 1), first);
  assert.deepEqual(openDataFolder(path), first);
  assert.deepEqual(contents(), before);
});

test('a start that broke off is finished by the next one', (t) => {
  const path = newFolder(t);
  const first = makeDataFolder(path, 'chat.example', '', NOW);
  rmSync(join(path, 'tls'), { recursive: true });
  rmSync(join(path, 'settings.yaml'));
  assert.deepEqual(makeDataFolder(path, undefined, 'x', NOW), first);
  assert.ok(statSync(join(path, 'tls/chat.example/key.pem')).isFile());
  // A key without its certificate is one that was being made.
  rmSync(join(path, 'tls/chat.example/certificate.pem'));
  makeDataFolder(path, undefined, 'x', NOW);
  assert.ok(statSync(join(path, 'tls/chat.example/certificate.pem')).isFile());
});

test('data of one domain never becomes that of another', (t) => {
  const path = newFolder(t);
  makeDataFolder(path, 'chat.example', '', NOW);
  const refused = failure(() => makeDataFolder(path, 'other.example', '', NOW));
  assert.equal(refused.kind, 'conflict');
  assert.match(refused.message, /belongs to the server of chat\.example.*name another folder with --data/);
});

test('a folder of somebody else is refused and stays as it is', (t) => {
  const path = newFolder(t);
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o755);
  writeFileSync(join(path, 'letter.txt'), 'mine');
  assert.match(failure(() => makeDataFolder(path, undefined, '', NOW)).message, /is not empty and holds no server/);
  assert.deepEqual(readdirSync(path), ['letter.txt']);
  assert.equal(statSync(path).mode & 0o777, 0o755);
});

test('what is missing, damaged or of a newer release is told with what to do', (t) => {
  const path = newFolder(t);
  assert.match(failure(() => openDataFolder(path)).message, /holds no server yet; make one with "rollcall start/);
  makeDataFolder(path, undefined, '', NOW);
  writeFileSync(join(path, 'secret'), 'short');
  assert.match(failure(() => openDataFolder(path)).message, /secret is damaged/);
  writeFileSync(join(path, 'server.json'), '{"layout": 2, "domain": "a", "createdAt": 1}');
  assert.match(failure(() => openDataFolder(path)).message, /newer release/);
  writeFileSync(join(path, 'server.json'), '{');
  assert.match(failure(() => openDataFolder(path)).message, /server\.json is damaged/);
});

test('a domain that is none is refused before anything is made', (t) => {
  const path = newFolder(t);
  assert.equal(failure(() => makeDataFolder(path, 'not a domain', '', NOW)).kind, 'malformed');
  assert.throws(() => statSync(path));
});

test('a machine lends its name when that can be a domain', () => {
  assert.equal(machineDomain('Chat.Example.'), 'chat.example');
  assert.equal(machineDomain('box'), 'box');
  for (const name of ['', 'my_box', '-a', '10.0.0.1', '17', 'a..b', 'bücher'])
    assert.equal(machineDomain(name), 'localhost', name);
});

test('passwords that are made up can be read out, and differ; those of the demo stay the same on one server', () => {
  assert.match(newPassword(), /^[a-kmnp-z2-9]{4}(-[a-kmnp-z2-9]{4}){3}$/);
  assert.notEqual(newPassword(), newPassword());
  const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  assert.equal(demoPassword(one, 'romeo'), demoPassword(one, 'romeo'));
  assert.notEqual(demoPassword(one, 'romeo'), demoPassword(other, 'romeo'));
  assert.notEqual(demoPassword(one, 'romeo'), demoPassword(one, 'juliet'));
});
