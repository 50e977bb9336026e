import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Settings, SettingsProblems } from './loaded-settings.ts';
import { choice, duration, environmentName, flag, integer, list, settingsGroup, text } from './settings.ts';
import { parseSettings } from './settings-file.ts';

const limits = settingsGroup('xmpp.limits', {
  maxStanzaBytes: integer({ default: 262_144, min: 10_000, max: 16_777_216, unit: 'bytes', help: 'Largest stanza.' }),
  idleSeconds: duration({ default: 300, unit: 'seconds', help: 'Silence.' }),
});
const web = settingsGroup('http', {
  host: text({ default: '127.0.0.1', help: 'Address.' }),
  open: flag({ default: false, help: 'To all.' }),
  mode: choice({ values: ['fast', 'safe'], default: 'safe', help: 'Mode.' }),
  names: list({ default: [], help: 'Names.' }),
  password: text({ default: '', secret: true, help: 'Secret.' }),
  port: integer({ default: 5280, min: 0, max: 65_535, restart: true, help: 'Port.' }),
});
const groups = [limits, web];

function file(t: TestContext, content: string): { path: string; write(content: string): void } {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'settings.yaml');
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  write(content);
  return { path, write };
}

function problems(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    assert.ok(error instanceof SettingsProblems);
    return error.problems;
  }
  return [];
}

test('without a file every setting has its default', () => {
  const settings = Settings.load({ groups, file: '/nowhere/settings.yaml' });
  assert.equal(settings.of(limits).maxStanzaBytes, 262_144);
  assert.equal(settings.of(web).mode, 'safe');
});

test('the command line wins over the environment, that over the file, that over the default', (t) => {
  const { path } = file(t, 'http: { host: a, mode: fast, names: [x, y], open: yes }\nxmpp:\n  limits:\n');
  // YAML 1.2 knows only true and false: "yes" is a text.
  assert.deepEqual(
    problems(() => Settings.load({ groups, file: path })),
    ['settings.yaml:1: http.open is "yes"; it must be true or false'],
  );
  const { path: good } = file(t, 'http:\n  host: a\n  mode: fast\n  names: [x, y]\nxmpp:\n  limits:\n');
  const env = { ROLLCALL_HTTP_HOST: 'b', ROLLCALL_HTTP_OPEN: 'yes', ROLLCALL_XMPP_LIMITS_MAX_STANZA_BYTES: '20000' };
  const settings = Settings.load({ groups, file: good, env, overrides: { 'http.host': 'c', 'http.port': '1' } });
  assert.deepEqual(
    { ...settings.of(web) },
    { host: 'c', open: true, mode: 'fast', names: ['x', 'y'], password: '', port: 1 },
  );
  assert.equal(settings.of(limits).maxStanzaBytes, 20_000);
  const sources = Object.fromEntries(settings.effective().map(({ key, source }) => [key, source]));
  assert.equal(sources['http.host'], 'command line');
  assert.equal(sources['http.open'], 'environment');
  assert.equal(sources['http.mode'], 'file');
  assert.equal(sources['xmpp.limits.idleSeconds'], 'default');
});

test('a key that nobody knows is refused with its line and the nearest right name', (t) => {
  const { path } = file(t, '# mine\nxmpp:\n  limits:\n    maxStanzaByte: 20000\nlimits: {}\nhtpp: 1\nnonsense: 1\n');
  assert.deepEqual(
    problems(() => Settings.load({ groups, file: path })),
    [
      'settings.yaml:4: unknown key xmpp.limits.maxStanzaByte; did you mean maxStanzaBytes?',
      'settings.yaml:5: unknown key limits',
      'settings.yaml:6: unknown key htpp; did you mean http?',
      'settings.yaml:7: unknown key nonsense',
    ],
  );
});

test('a key at the wrong place is told its right one', () => {
  const keys = ['xmpp.limits.maxStanzaBytes'];
  assert.deepEqual(parseSettings('maxStanzaBytes: 5', 's', keys).problems, [
    's:1: unknown key maxStanzaBytes; did you mean xmpp.limits.maxStanzaBytes?',
  ]);
});

test('all that is wrong is told at once, each with its place and what it must be', (t) => {
  const { path } = file(t, 'xmpp:\n  limits:\n    maxStanzaBytes: 5\n    idleSeconds: 1.5\nhttp: 7\n');
  const env = { ROLLCALL_HTTP_OPEN: 'maybe', ROLLCALL_HTTP_PASSWORD: 'x'.repeat(5000) };
  assert.deepEqual(
    problems(() => Settings.load({ groups, file: path, env, overrides: { 'http.prt': 1 } })),
    [
      'settings.yaml:5: http holds settings by name (host, open, mode, names, password ...), not a value',
      'settings.yaml:3: xmpp.limits.maxStanzaBytes is 5; it must be a whole number of bytes, at least 10000, at most 16777216',
      'settings.yaml:4: xmpp.limits.idleSeconds is 1.5; it must be a whole number of seconds, at least 0',
      'the environment: ROLLCALL_HTTP_OPEN is "maybe"; it must be true or false',
      'the environment: ROLLCALL_HTTP_PASSWORD is (secret); it must be text of at most 4096 characters',
      'the command line: unknown key http.prt; did you mean http.port?',
    ],
  );
});

test('YAML that is none, twice the same key, and aliases without end are problems, not crashes', () => {
  const keys = ['a', 'b'];
  for (const source of ['a: [1', 'a: 1\na: 2', 'a: "x', '\t- a', 'a: *nobody']) {
    assert.notEqual(parseSettings(source, 's', keys).problems.length, 0, source);
  }
  const level = (name: string, of: string) => `&${name} [${Array.from({ length: 10 }, () => `*${of}`).join(', ')}]`;
  const bomb = `a:\n  - &x [1]\n  - ${level('y', 'x')}\n  - ${level('z', 'y')}\n  - ${level('w', 'z')}\n`;
  assert.match(parseSettings(bomb, 's', keys).problems[0] ?? '', /^s:1: a: Excessive alias count/);
});

test('a file that changed is applied to the same objects, and those who asked are told what changed', (t) => {
  const { path, write } = file(t, 'http: { host: a, port: 1, password: one }');
  const settings = Settings.load({ groups, file: path });
  const values = settings.of(web);
  const told: string[][] = [];
  settings.onChange(web, (changed) => told.push([...changed]));
  settings.onChange(limits, () => assert.fail('nothing changed there'));
  write('http: { host: b, port: 2, password: two }');
  assert.deepEqual(settings.reload(), [
    { key: 'http.host', from: 'a', to: 'b', restart: false },
    { key: 'http.password', from: '(secret)', to: '(secret)', restart: false },
    { key: 'http.port', from: 1, to: 2, restart: true },
  ]);
  assert.equal(settings.of(web), values);
  assert.equal(values.host, 'b');
  assert.equal(values.password, 'two');
  assert.equal(values.port, 1, 'a setting that needs a restart stays until then');
  assert.deepEqual(told, [['host', 'password']]);
});

test('a file that became wrong, or went, changes nothing', (t) => {
  const { path, write } = file(t, 'http: { host: a }');
  const settings = Settings.load({ groups, file: path });
  write('http: { host: b, mode: slow }');
  assert.equal(problems(() => settings.reload()).length, 1);
  rmSync(path);
  assert.deepEqual(
    problems(() => settings.reload()),
    [`${path} is gone`],
  );
  assert.equal(settings.of(web).host, 'a');
});

test('secrets are never shown', () => {
  const settings = Settings.load({ groups, env: { ROLLCALL_HTTP_PASSWORD: 'hunter2' } });
  assert.equal(settings.of(web).password, 'hunter2');
  assert.ok(!JSON.stringify(settings.effective()).includes('hunter2'));
});

test('a variable that looks like a setting and is none is told, not refused', () => {
  const settings = Settings.load({ groups, env: { ROLLCALL_HTTP_PROT: '1', HOME: '/' } });
  assert.deepEqual(settings.warnings, [
    'the environment: ROLLCALL_HTTP_PROT is not a setting; did you mean ROLLCALL_HTTP_PORT?',
  ]);
  assert.equal(environmentName('xmpp.xep-0191.maxBlocked'), 'ROLLCALL_XMPP_XEP_0191_MAX_BLOCKED');
});

test('any text at all gives settings or problems', () => {
  const keys = groups.flatMap((group) => Object.keys(group.shape).map((name) => `${group.path}.${name}`));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[\s:{}[\]\-&*!|>'"a-c#,?]*$/)), (source) => {
      const { values, problems } = parseSettings(source, 's', keys);
      assert.ok(values instanceof Map && Array.isArray(problems));
    }),
    { numRuns: 300 },
  );
});
