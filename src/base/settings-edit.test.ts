import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Settings } from './loaded-settings.ts';
import { silentLog } from './log.ts';
import { integer, list, settingsGroup } from './settings.ts';
import { editSetting, withSetting } from './settings-edit.ts';
import { settingsTemplate } from './settings-template.ts';

const group = settingsGroup('time', {
  servers: list({ default: [], maxItems: 3, help: 'Servers.' }),
  pollSeconds: integer({ default: 64, help: 'How often.' }),
});

function settingsOf(t: TestContext, content: string, env: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'settings-edit-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'settings.yaml');
  writeFileSync(file, content, { mode: 0o640 });
  return { file, settings: Settings.load({ groups: [group], file, env }) };
}

const edited: [before: string, after: string][] = [
  ['', 'time:\n  servers:\n    - a\n'],
  [
    '# mine\ntime:\n  # how often\n  pollSeconds: 16 # seconds\n',
    '# mine\ntime:\n  # how often\n  pollSeconds: 16 # seconds\n  servers:\n    - a\n',
  ],
  ['time:\n  servers: [ b, c ] # old\nhttp:\n  port: 1\n', 'time:\n  servers:\n    - a\nhttp:\n  port: 1\n'],
  ['time:\n  # servers: []\n', 'time:\n  servers:\n    - a\n'],
];

test('a setting is put where it belongs; all else, comments too, stays', () => {
  for (const [before, after] of edited) assert.equal(withSetting(before, 'time.servers', ['a']), after, before);
});

test('the file of a first start keeps all its comments', (t) => {
  const template = settingsTemplate([group]);
  const { file, settings } = settingsOf(t, template);
  editSetting(settings, 'time.servers', ['a', 'b'], silentLog());
  const content = readFileSync(file, 'utf8');
  for (const line of template.split('\n')) assert.ok(content.includes(line), line);
  assert.deepEqual(settings.of(group).servers, ['a', 'b']);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  editSetting(settings, 'time.servers', [], silentLog());
  assert.deepEqual(settings.of(group).servers, []);
});

test('a value that cannot be is refused, and the file is as it was', (t) => {
  const { file, settings } = settingsOf(t, 'time:\n  pollSeconds: 16\n');
  assert.throws(() => editSetting(settings, 'time.servers', ['a', 'b', 'c', 'd'], silentLog()), { kind: 'malformed' });
  assert.equal(readFileSync(file, 'utf8'), 'time:\n  pollSeconds: 16\n');
});

test('a setting that the environment has is not written where it would not count', (t) => {
  const { settings } = settingsOf(t, '', { ROLLCALL_TIME_SERVERS: 'x' });
  assert.throws(() => editSetting(settings, 'time.servers', ['a'], silentLog()), /set by the environment/);
});

test('a file with mistakes is not made worse', (t) => {
  const { file, settings } = settingsOf(t, '');
  writeFileSync(file, 'tmie: {}\n');
  assert.throws(() => editSetting(settings, 'time.servers', ['a'], silentLog()), { kind: 'conflict' });
  assert.equal(readFileSync(file, 'utf8'), 'tmie: {}\n');
});
