import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLog } from './log.ts';
import { LogFile } from './log-file.ts';

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'log-file-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a full file begins anew, the ones before are kept up to their number, and all are for their owner alone', (t) => {
  const folder = join(newFolder(t), 'logs');
  const file = new LogFile(join(folder, 'a.log'), { fileBytes: 20, files: 3 });
  for (let i = 0; i < 9; i++) file.write(`line ${i} xx\n`);
  file.close();
  assert.deepEqual(readdirSync(folder).sort(), ['a.log', 'a.log.1', 'a.log.2']);
  assert.equal(readFileSync(join(folder, 'a.log'), 'utf8'), 'line 8 xx\n');
  assert.equal(readFileSync(join(folder, 'a.log.1'), 'utf8'), 'line 6 xx\nline 7 xx\n');
  assert.equal(readFileSync(join(folder, 'a.log.2'), 'utf8'), 'line 4 xx\nline 5 xx\n');
  assert.equal(statSync(join(folder, 'a.log')).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('a file that is there already goes on, and one line is written however long it is', (t) => {
  const path = join(newFolder(t), 'a.log');
  writeFileSync(path, 'before\n');
  const file = new LogFile(path, { fileBytes: 10, files: 2 });
  file.write(`${'x'.repeat(50)}\n`);
  file.write('y\n');
  file.close();
  assert.equal(readFileSync(path, 'utf8'), 'y\n');
  assert.equal(readFileSync(`${path}.1`, 'utf8'), `${'x'.repeat(50)}\n`);
});

test('where nothing can be written lines are lost and counted, and nobody is harmed', (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, 'no-folder'), '');
  const file = new LogFile(join(folder, 'no-folder', 'a.log'), { fileBytes: 100, files: 2 });
  file.write('one\n');
  file.write('two\n');
  assert.equal(file.lost, 2);
});

test('the log is written to its file as JSON, beside what is shown to people', (t) => {
  const path = join(newFolder(t), 'a.log');
  let shown = '';
  const destination = { isTTY: true, write: (text: string) => (shown += text) } as unknown as NodeJS.WriteStream;
  const file = new LogFile(path, { fileBytes: 10_000, files: 2 });
  const log = createLog({ format: 'json', destination, file });
  log.info({ password: 'rosebud' }, 'hello');
  log.level = 'silent';
  log.error('not told');
  const [line, ...more] = readFileSync(path, 'utf8').trim().split('\n');
  assert.deepEqual(more, []);
  const { time, ...rest } = JSON.parse(line!);
  assert.deepEqual(rest, { level: 'info', password: '(hidden)', msg: 'hello' });
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
  assert.match(shown, /hello/);
  file.close();
  assert.ok(existsSync(path));
});
