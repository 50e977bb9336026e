/** That SQL does over small tables what Informix does, and that what it does not take is refused by its numbers. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isLike } from './condition.ts';
import { Pace } from './pace.ts';
import { parse } from './parse.ts';
import { runSelect, runUpdate } from './run.ts';
import { SqlError } from './sql-error.ts';
import type { Table, Tables } from './table.ts';

const changed: [pkid: string, set: Record<string, string | null>][] = [];

function table(
  name: string,
  columns: readonly string[],
  rows: readonly (string | null)[][],
  updates?: string[],
): Table {
  return {
    name,
    columns,
    async *rows(wanted) {
      for (const row of rows) yield [wanted.map((column) => row[columns.indexOf(column)]!)];
    },
    ...(updates && {
      update: {
        columns: new Set(updates),
        run: async (pkid, set) => void changed.push([pkid, Object.fromEntries(set)]),
      },
    }),
  };
}

const users = [
  ['u1', 'ana', 'Ruiz', 't', null],
  ['u2', 'bob', "O'Hara", 'f', 'sales'],
  ['u3', 'Carl', '100%', 't', 'sales'],
];
const tables: Tables = new Map(
  [
    table('enduser', ['pkid', 'userid', 'lastname', 'enablecups', 'department'], users, ['enablecups', 'department']),
    table(
      'device',
      ['pkid', 'name'],
      [
        ['d1', 'SEP1'],
        ['d2', 'SEP2'],
        ['d10', 'SEP10'],
      ],
    ),
    table(
      'enduserdevicemap',
      ['fkenduser', 'fkdevice'],
      [
        ['u1', 'd1'],
        ['u1', 'd2'],
        ['u3', 'd10'],
        ['gone', 'd1'],
      ],
    ),
    table(
      'numbers',
      ['pkid', 'n'],
      [
        ['a', '9'],
        ['b', '10'],
        ['c', null],
        ['d', '-1'],
      ],
    ),
  ].map((one) => [one.name, one]),
);

async function select(sql: string) {
  const statement = parse(sql);
  assert.ok(statement.is === 'select');
  return runSelect(statement, tables);
}
const rows = async (sql: string) => (await select(sql)).rows.map((row) => row.join(' '));

const answers: [sql: string, rows: string[]][] = [
  ["select userid from enduser where enablecups = 't'", ['ana', 'Carl']],
  ['SELECT COUNT(*) FROM enduser', ['3']],
  ["select count(*) from enduser where department is null", ['1']],
  ["select userid from enduser where department is not null and not enablecups='t'", ['bob']],
  ["select userid from enduser where not department = 'sales'", []],
  ["select userid from enduser where department <> 'x' or userid = 'ana'", ['ana', 'bob', 'Carl']],
  ["select userid from enduser where lastname = 'O''Hara'", ['bob']],
  ['select userid from enduser where lastname = "O\'Hara"', ['bob']],
  ["select userid from enduser where lower(userid) = lower('CARL')", ['Carl']],
  ["select userid from enduser where userid like '_a%'", ['Carl']],
  ["select userid from enduser where lastname like '%\\%'", ['Carl']],
  ["select userid from enduser where userid not like '%a%'", ['bob']],
  ["select userid from enduser where userid in ('ana', 'bob', 'x')", ['ana', 'bob']],
  ["select userid from enduser where userid not in ('ana')", ['bob', 'Carl']],
  ['select skip 1 first 1 userid from enduser order by userid desc', ['ana']],
  ['select first 2 userid from enduser order by lastname', ['Carl', 'bob']],
  ['select distinct department from enduser order by department desc', ['sales', '']],
  ['select n from numbers order by n', ['', '-1', '9', '10']],
  ['select n from numbers where n > 5', ['9', '10']],
  ['select n from numbers where n <= -1;', ['-1']],
  ["select e.userid as who, d.name from enduser e, enduserdevicemap m, device d where m.fkenduser = e.pkid and m.fkdevice = d.pkid order by d.name", ['ana SEP1', 'Carl SEP10', 'ana SEP2']],
  ["select d.name from device d inner join enduserdevicemap as m on m.fkdevice=d.pkid join enduser e on e.pkid=m.fkenduser where e.userid='ana'", ['SEP1', 'SEP2']],
  ['select e.userid, m.fkdevice from enduser e left outer join enduserdevicemap m on m.fkenduser = e.pkid', ['ana d1', 'ana d2', 'bob ', 'Carl d10']],
  ['select e.userid from enduser e left join enduserdevicemap m on m.fkenduser = e.pkid where m.fkdevice is null', ['bob']],
  ["select e.userid, m.fkdevice from enduser e left join enduserdevicemap m on m.fkenduser = e.pkid and e.enablecups = 'f'", ['ana ', 'bob ', 'Carl ']],
  ['select a.pkid, b.pkid from numbers a, numbers b where a.n < b.n and a.n > 0', ['a b']],
  ["select d.* from device d where (d.name = 'SEP1' or (d.name = 'SEP2'))", ['d1 SEP1', 'd2 SEP2']],
  ["select 'x', userid from enduser where userid = 'ana'", ['x ana']],
]; // biome-ignore format: a table

describe('queries', () => {
  for (const [sql, expected] of answers) test(sql, async () => assert.deepEqual(await rows(sql), expected));
});

test('columns are called as the statement calls them', async () => {
  assert.deepEqual((await select('select userid as who, e.lastname from enduser e')).columns, ['who', 'lastname']);
  assert.deepEqual((await select('select count(*) from device')).columns, ['count']);
  assert.deepEqual((await select('select * from device')).columns, ['pkid', 'name']);
});

const refused: [code: number, sql: string][] = [
  [-201, ''],
  [-201, 'select'],
  [-201, 'drop table enduser'],
  [-201, 'delete from enduser'],
  [-201, "insert into enduser (userid) values ('x')"],
  [-201, "select userid from enduser; update enduser set enablecups = 't'"],
  [-201, 'select userid from enduser where'],
  [-201, "select userid from enduser where userid = 'a"],
  [-201, 'select userid from enduser -- comment'],
  [-201, 'select userid from enduser union select name from device'],
  [-201, 'select userid from (select * from enduser)'],
  [-201, 'select count(*), userid from enduser'],
  [-201, `select userid from enduser where ${'('.repeat(40)}userid = 'a'${')'.repeat(40)}`],
  [-201, `select userid from enduser where userid in (${"'a',".repeat(5000)}'a')`],
  [-201, `select ${' '.repeat(40_000)} userid from enduser`],
  [-206, 'select a from sysusers'],
  [-206, 'select x.* from enduser e'],
  [-217, 'select password from enduser'],
  [-217, 'select e.name from enduser e, device d'],
  [-217, "update enduser set password = 'x'"],
  [-217, 'select __proto__ from enduser'],
  [-324, 'select pkid from enduser, device'],
  [-273, "update enduser set userid = 'x'"],
  [-273, "update device set name = 'x'"],
  [-206, "update nobody set name = 'x'"],
];

describe('statements that are refused', () => {
  for (const [code, sql] of refused) {
    test(`${code}: ${sql.slice(0, 70)}`, async () => {
      const run = async () => {
        const statement = parse(sql);
        await (statement.is === 'select' ? runSelect(statement, tables) : runUpdate(statement, tables));
      };
      await assert.rejects(run, (error) => error instanceof SqlError && error.code === code);
    });
  }
});

test('an update changes the rows that its condition names, and tells how many', async () => {
  changed.length = 0;
  const statement = parse("update enduser set enablecups = 't', department = null where enablecups = 'f'");
  assert.ok(statement.is === 'update');
  assert.equal(await runUpdate(statement, tables), 1);
  assert.deepEqual(changed, [['u2', { enablecups: 't', department: null }]]);
});

test('a text in quotes is nothing but a text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      const quoted = `'${text.replaceAll("'", "''")}'`;
      assert.deepEqual(await rows(`select ${quoted} from enduser where userid = 'ana'`), [text]);
      const found = await rows(`select userid from enduser where userid = ${quoted}`);
      assert.deepEqual(
        found,
        users.map(([, userid]) => userid).filter((userid) => userid === text),
      );
    }),
  );
});

test('LIKE is in time of text by pattern, however many signs stand for anything', () => {
  const text = 'a'.repeat(20_000);
  assert.equal(isLike(text, `${'%a'.repeat(20)}%b`), false);
  assert.equal(isLike(text, `${'%a'.repeat(20)}%`), true);
  assert.equal(isLike('', ''), true);
  assert.equal(isLike('', '%%'), true);
  assert.equal(isLike('a_b', 'a\\_b'), true);
  assert.equal(isLike('axb', 'a\\_b'), false);
});

test('any text is a statement or a syntax error', () => {
  const words = [
    'select',
    'from',
    'where',
    'enduser',
    '*',
    ',',
    '(',
    ')',
    "'a'",
    '=',
    'and',
    'not',
    'in',
    'like',
    'is',
    'null',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words)), fc.string(), (some, text) => {
      for (const statement of [text, some.join(' ')]) {
        try {
          parse(statement);
        } catch (error) {
          assert.ok(error instanceof SqlError && error.code === -201);
        }
      }
    }),
  );
});

test('sorting in portions is sorting, and what is equal stays in its order', async () => {
  const items = Array.from({ length: 10_000 }, (_, place) => ({ key: (place * 7919) % 101, place }));
  const sorted = await new Pace().sort(items, (a, b) => a.key - b.key);
  assert.deepEqual(
    sorted,
    items.toSorted((a, b) => a.key - b.key || a.place - b.place),
  );
  assert.deepEqual(await new Pace().sort([], () => 0), []);
});
