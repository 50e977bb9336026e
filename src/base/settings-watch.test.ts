import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Settings } from './loaded-settings.ts';
import { createLog } from './log.ts';
import { settingsGroup, text } from './settings.ts';
import { applySettings, watchSettings } from './settings-watch.ts';

const web = settingsGroup('http', {
  host: text({ default: '', help: 'Host.' }),
  password: text({ default: '', secret: true, help: 'Secret.' }),
});

test('a valid change is logged with what it was and is, without secrets; an invalid one is refused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'settings.yaml');
  writeFileSync(file, 'http: { host: a, password: first }');
  const settings = Settings.load({ groups: [web], file });
  const destination = new PassThrough();
  const log = createLog({ format: 'json', destination });
  const logged = () => String(destination.read() ?? '');

  writeFileSync(file, 'http: { host: b, password: hunter2 }');
  assert.equal(applySettings(settings, log), true);
  const lines = logged();
  assert.match(lines, /"setting":"http.host","from":"a","to":"b"/);
  assert.ok(!lines.includes('hunter2'));

  writeFileSync(file, 'http: { hots: c }');
  assert.equal(applySettings(settings, log), false);
  assert.match(logged(), /"level":"error".*unknown key http.hots; did you mean host\?/);
  assert.equal(settings.of(web).host, 'b');

  const stop = watchSettings(settings, log, 10);
  t.after(stop);
  const applied = new Promise((resolve) => settings.onChange(web, resolve));
  writeFileSync(file, 'http: { host: watched }');
  await applied;
  assert.equal(settings.of(web).host, 'watched');
});
