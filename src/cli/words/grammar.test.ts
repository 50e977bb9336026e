/** The grammar proves: which verb a line is, what can follow, and what Tab makes of a beginning. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Grammar, lineOf, tokens, type Verb } from './grammar.ts';
import { words } from './words.ts';

const verb = (path: string, choices?: Verb['choices']): Verb => ({
  path,
  help: `help of ${path}`,
  ...(choices && { choices }),
  run: () => Promise.resolve({ result: path, text: path }),
});

const grammar = new Grammar(
  [
    verb('show network <interface> detail'),
    verb('show network cluster'),
    verb('show version active'),
    verb('utils service start <name...>', { name: ['Cisco SIP Proxy', 'Cisco XCP Router'] }),
    verb('utils service list'),
    verb('file list log [pattern]'),
    verb('run sql <statement...>'),
  ],
  { show: 'how things are', 'utils service': 'services' },
);

function find(line: string) {
  const typed = tokens(line);
  const found = grammar.find(typed, (from) => line.slice(typed[from]!.at));
  if (found === undefined) return undefined;
  return 'verb' in found ? [found.verb.path, found.args] : 'incomplete';
}

const lines: [string, unknown][] = [
  ['show version active', ['show version active', {}]],
  ['SHOW  Version\tACTIVE ', ['show version active', {}]],
  ['show network cluster', ['show network cluster', {}]],
  ['show network eth0 detail', ['show network <interface> detail', { interface: 'eth0' }]],
  ['show network eth0', 'incomplete'],
  ['show', 'incomplete'],
  ['show nothing', undefined],
  ['show version active please', undefined],
  ['utils service start Cisco XCP Router', ['utils service start <name...>', { name: 'Cisco XCP Router' }]],
  ['utils service start "Cisco XCP Router"', ['utils service start <name...>', { name: 'Cisco XCP Router' }]],
  ['utils service start', 'incomplete'],
  ['file list log', ['file list log [pattern]', {}]],
  ['file list log roll*', ['file list log [pattern]', { pattern: 'roll*' }]],
  [
    `run sql select "a" from b where c = 'd e'`,
    ['run sql <statement...>', { statement: `select "a" from b where c = 'd e'` }],
  ],
  ['', undefined],
];

test('each line is the verb whose words it has, and the rest of a line is taken as it stands', () => {
  for (const [line, expected] of lines) {
    if (line === '') assert.equal(find(line), 'incomplete');
    else assert.deepEqual(find(line), expected, line);
  }
});

test('what can follow is told with help, and <cr> where nothing has to', () => {
  const after = (line: string) => grammar.candidates(tokens(line)).map(({ text }) => text);
  assert.deepEqual(after(''), ['file', 'run', 'show', 'utils']);
  assert.deepEqual(after('show'), ['network', 'version']);
  assert.deepEqual(after('show network'), ['<interface>', 'cluster']);
  assert.deepEqual(after('show network eth0'), ['detail']);
  assert.deepEqual(after('show network cluster'), ['<cr>']);
  assert.deepEqual(after('file list log'), ['<cr>', '<pattern>']);
  assert.deepEqual(after('nonsense'), []);
  const [services] = grammar.candidates(tokens('utils'));
  assert.deepEqual(services, { text: 'service', help: 'services' });
});

test('Tab completes words, and names of several words', () => {
  assert.deepEqual(grammar.complete('sh'), { completions: ['show '], fragment: 'sh' });
  assert.deepEqual(grammar.complete('show '), { completions: ['network ', 'version '], fragment: '' });
  assert.deepEqual(grammar.complete('show version a'), { completions: ['active'], fragment: 'a' });
  assert.deepEqual(grammar.complete('utils service start Cisco X'), {
    completions: ['Cisco XCP Router'],
    fragment: 'Cisco X',
  });
  assert.deepEqual(grammar.complete('utils service start ').completions, ['Cisco SIP Proxy', 'Cisco XCP Router']);
  assert.deepEqual(grammar.complete('nonsense x'), { completions: [], fragment: 'x' });
});

test('any line gives an answer, and what a shell took apart is put together again', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (line) => {
      const { fragment } = grammar.complete(line);
      assert.ok(line.includes(fragment));
      grammar.candidates(tokens(line));
      find(line);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[\w ']{1,10}$|^[\w "]{1,10}$/)), (given) => {
      assert.deepEqual(
        tokens(lineOf(given)).map(({ text }) => text),
        given,
      );
    }),
  );
});

test('of the real words each is there once, is helped with, and is found by its own path', () => {
  const paths = words.verbs.map(({ path }) => path);
  assert.equal(new Set(paths).size, paths.length);
  for (const { path, help } of words.verbs) {
    assert.ok(help.length > 0, path);
    const line = path.replace(/[<[](\w+)(\.\.\.)?[>\]]/g, 'x');
    const typed = tokens(line);
    const found = words.find(typed, (from) => line.slice(typed[from]!.at));
    assert.ok(found !== undefined && 'verb' in found && found.verb.path === path, path);
  }
});
