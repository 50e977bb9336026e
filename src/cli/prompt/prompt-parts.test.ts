/** The parts of the prompt prove: pages fit the terminal, history keeps no secrets, both kinds of commands are known. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { tokens } from '../words/grammar.ts';
import { words } from '../words/words.ts';
import { History } from './history.ts';
import { fitting } from './pager.ts';
import { Vocabulary } from './vocabulary.ts';

test('a page takes no more lines than the terminal has, and a line that is too long takes several', () => {
  assert.equal(fitting(['a', 'b', 'c'], 2, 80), 2);
  assert.equal(fitting(['a', 'b'], 5, 80), 2);
  assert.equal(fitting(['a', 'x'.repeat(81), 'c'], 3, 80), 2);
  assert.equal(fitting(['x'.repeat(1000), 'b'], 3, 80), 1);
  assert.equal(fitting([''], 1, 0), 1);
});

test('history is for its owner alone, without secrets, and begins with the latest', (t) => {
  const data = mkdtempSync(join(tmpdir(), 'history-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  new History(data).add('before there is a server');
  writeFileSync(join(data, 'server.json'), '{}');
  const history = new History(data);
  for (const line of ['show status', 'show status', '', 'user passwd romeo', 'utils ha status']) history.add(line);
  assert.equal(readFileSync(join(data, 'cli_history'), 'utf8'), 'show status\nutils ha status\n');
  assert.equal(statSync(join(data, 'cli_history')).mode & 0o777, 0o600);
  assert.deepEqual(new History(data).latestFirst, ['utils ha status', 'show status']);
  for (let i = 0; i < 600; i++) history.add(`line ${i}`);
  assert.equal(new History(data).latestFirst.length, 500);
});

const program = new Command('rollcall');
program.addCommand(new Command('user').description('people').addCommand(new Command('list').description('all')));
program.addCommand(new Command('utils').addCommand(new Command('extra').description('more')));
program.addCommand(new Command('cli'));
const vocabulary = new Vocabulary(words, program);

test('the commands of the program are completed and helped with beside the words', () => {
  assert.deepEqual(vocabulary.complete('us'), [['user '], 'us']);
  assert.deepEqual(vocabulary.complete('user l'), [['list '], 'l']);
  assert.deepEqual(vocabulary.complete('show ver'), [['version '], 'ver']);
  assert.deepEqual(vocabulary.complete('ex'), [['exit '], 'ex']);
  assert.deepEqual(vocabulary.complete('utils e'), [['extra '], 'e']);
  assert.deepEqual(vocabulary.complete('utils service stop Cisco SIP'), [['Cisco SIP Proxy'], 'Cisco SIP']);
  assert.deepEqual(vocabulary.candidates('user '), [{ text: 'list', help: 'all' }]);
  assert.ok(vocabulary.candidates('').some(({ text }) => text === 'user'));
  assert.ok(!vocabulary.candidates('').some(({ text }) => text === 'cli'));
});

test('a line is a command of the program where no words are meant', () => {
  assert.ok(vocabulary.isCommand(tokens('user list')));
  assert.ok(vocabulary.isCommand(tokens('utils extra')));
  assert.ok(!vocabulary.isCommand(tokens('utils nonsense')));
  assert.ok(!vocabulary.isCommand(tokens('nonsense')));
  assert.ok(!vocabulary.isCommand(tokens('cli')));
});
