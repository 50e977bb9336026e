import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { type Clock, systemClock } from '#base/clock.ts';
import { silentLog } from '#base/log.ts';
import { Metrics } from '#base/metrics.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type SmallUnifiedCm, startSmallUnifiedCm } from '../../../test/support/small-unified-cm.ts';
import { until } from '../../../test/support/until.ts';
import { writeFault } from '../wire/envelope.ts';
import { AxlClient, type AxlClientOptions } from './axl-client.ts';
import { AxlFault, suggestedRows } from './axl-fault.ts';
import { inPages } from './in-pages.ts';
import { schemaBelow, schemaFor } from './schema.ts';

let cm: SmallUnifiedCm;
const clients: AxlClient[] = [];
const nobody = '00000000-0000-4000-8000-ffffffffffff';

before(async () => {
  cm = await startSmallUnifiedCm();
  for (const userid of ['ana', 'bert', 'carla']) cm.put({ userid, password: `${userid}'s <password>` });
});
after(() => cm.stop());
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  Object.assign(cm, {
    intercept: undefined,
    schemas: () => true,
    productVersion: '14.0.1.11900(132)',
    queueId: 'first',
  });
  cm.asked.length = 0;
});

function connect(options: Partial<AxlClientOptions> = {}, clock: Clock = systemClock): AxlClient {
  const client = new AxlClient({
    name: 'Unified CM',
    host: '127.0.0.1',
    port: () => cm.port,
    user: 'sync',
    password: 'secret',
    trust: { by: 'fingerprint', fingerprint: () => cm.fingerprint },
    connections: 2,
    settings: { requestSeconds: 10, retrySeconds: 300 },
    clock,
    log: silentLog(),
    metrics: new Metrics(),
    ...options,
  });
  clients.push(client);
  return client;
}

test('end users are read by pages, one by one, and not at all where there is none', async () => {
  const client = connect();
  assert.deepEqual(
    (await client.users({ skip: 1, first: 5 })).map(({ userid }) => userid),
    ['bert', 'carla'],
  );
  const [ana] = await client.users({ skip: 0, first: 1 });
  assert.deepEqual(await client.user(ana!.uuid), ana);
  assert.deepEqual([ana!.homeCluster, ana!.imAndPresence, ana!.active], [true, true, true]);
  assert.equal(await client.user(nobody), undefined);
});

test('a password is checked by Unified CM, whatever characters it has', async () => {
  const client = connect();
  assert.equal(await client.authenticate('ana', "ana's <password>"), true);
  assert.equal(await client.authenticate('ana', "bert's <password>"), false);
});

test('the schema is the newest that both know, and an older one where that is refused with 599', async () => {
  const client = connect();
  assert.equal(await client.version(), '14.0.1.11900(132)');
  assert.equal(client.schema, '14.0');
  cm.schemas = (version) => version === '9.1' || version === '9.0';
  cm.productVersion = '9.1.2.10000(28)';
  const old = connect();
  await old.version();
  assert.equal(old.schema, '9.1');
  assert.equal(await old.changes(), undefined);
  cm.schemas = (version) => version !== '9.1';
  assert.equal((await old.users({ skip: 0, first: 9 })).length, 3);
  assert.equal(old.schema, '9.0');
});

test('a Unified CM before 9.0 is refused with its version', async () => {
  cm.productVersion = '8.6.2.20000(2)';
  await assert.rejects(connect().version(), { message: /version 8\.6\.2.* 9\.0 or newer/ });
});

test('schemas are chosen by number', () => {
  assert.equal(schemaFor('10.5.2.10000(5)'), '10.5');
  assert.equal(schemaFor('11.9.1'), '11.5');
  assert.equal(schemaFor('16.0.1'), '15.0');
  assert.equal(schemaFor('8.6'), undefined);
  assert.equal(schemaBelow('10.0'), '9.1');
  assert.equal(schemaBelow('9.0'), undefined);
});

test('an unknown user or wrong password (401) and a missing role (403) are told apart', async () => {
  await assert.rejects(connect({ password: 'wrong' }).version(), { kind: 'forbidden', message: /password.*401/ });
  cm.intercept = (_asked, response) => {
    response.writeHead(403).end('<html>Forbidden</html>');
    return true;
  };
  await assert.rejects(connect().version(), { kind: 'forbidden', message: /role Standard AXL API Access.*403/ });
});

test('while Unified CM is too busy (503) a request is sent again after 2, 4, 8 seconds, and counted', async () => {
  const clock = new FakeClock();
  const client = connect({}, clock);
  await client.version();
  let busy = 3;
  cm.intercept = (_asked, response) => {
    if (busy-- <= 0) return false;
    response.writeHead(503).end();
    return true;
  };
  const [ana] = cm.users.values();
  cm.asked.length = 0;
  const updated = client.updateUser(ana!.uuid, { lastName: 'Ruiz' });
  for (const seconds of [2, 4, 8]) {
    await until('it is told to wait', () => client.throttled === Math.log2(seconds));
    const before = cm.asked.length;
    clock.advance(seconds * 1000 - 1);
    assert.equal(cm.asked.length, before);
    clock.advance(1);
  }
  await updated;
  assert.equal(cm.asked.length, 4);
  assert.equal(cm.users.get(ana!.uuid)!.lastName, 'Ruiz');
});

test('it does not wait for ever for one that stays busy, and not at all once it is closed', async () => {
  const clock = new FakeClock();
  cm.intercept = (_asked, response) => {
    response.writeHead(503).end();
    return true;
  };
  await assert.rejects(connect({ settings: { requestSeconds: 10, retrySeconds: 1 } }, clock).version(), {
    kind: 'unavailable',
    message: /too busy.*503/,
  });
  const client = connect({}, clock);
  const asked = client.version();
  await until('it is told to wait', () => client.throttled === 1);
  client.close();
  await assert.rejects(asked, { message: /being closed/ });
});

test('no more requests are under way than there are connections, and of those that write one', async () => {
  const client = connect();
  await client.version();
  let writing = 0;
  let mostWriting = 0;
  cm.intercept = ({ operation }, response) => {
    if (operation !== 'updateUser') return false;
    mostWriting = Math.max(mostWriting, ++writing);
    response.on('close', () => writing--);
    return false;
  };
  const [ana] = cm.users.values();
  await Promise.all([
    ...Array.from({ length: 20 }, () => client.users({ skip: 0, first: 1 })),
    ...Array.from({ length: 10 }, (_, i) => client.updateUser(ana!.uuid, { lastName: `R${i}` })),
  ]);
  assert.ok(cm.atOnce() <= 2);
  assert.equal(mostWriting, 1);
});

test('half an answer, garbage, a page for people, another answer and silence are failures that name Unified CM', async () => {
  const client = connect({ settings: { requestSeconds: 1, retrySeconds: 1 } });
  await client.version();
  const answers: [RegExp, NonNullable<SmallUnifiedCm['intercept']>][] = [
    [
      /broke off|aborted|hang up/,
      (_asked, response) => {
        response.writeHead(200, { 'content-length': '5000' });
        response.write('<soapenv:Envelope');
        response.socket!.destroySoon();
        return true;
      },
    ],
    [/cannot be read/, (_asked, response) => !!response.writeHead(200).end('\u0000\u0001garbage <<<')],
    [/cannot be read/, (_asked, response) => !!response.writeHead(200).end('<html><body>Login</body></html>')],
    [
      /cannot be read.*document type/s,
      (_asked, response) =>
        !!response.writeHead(200).end('<!DOCTYPE a [<!ENTITY b "c">]><soapenv:Envelope>&b;</soapenv:Envelope>'),
    ],
    [/status 302/, (_asked, response) => !!response.writeHead(302, { location: '/elsewhere' }).end()],
    [/no answer within 1 s/, () => true],
  ];
  for (const [message, intercept] of answers) {
    cm.intercept = intercept;
    await assert.rejects(client.users({ skip: 0, first: 1 }), { name: 'Failure', message });
  }
});

test('an answer without end is cut off', async () => {
  const client = connect();
  await client.version();
  cm.intercept = (_asked, response) => {
    response.writeHead(200);
    const chunk = 'x'.repeat(1024 * 1024);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
    return true;
  };
  await assert.rejects(client.users({ skip: 0, first: 1 }), { kind: 'unavailable', message: /longer than \d+ bytes/ });
});

test('a fault has its code, and a kind by which it can be answered', async () => {
  const client = connect();
  await client.version();
  cm.intercept = (_asked, response) => {
    const text = 'Could not insert new row - duplicate value in a UNIQUE INDEX column (Unique Index:).';
    response.writeHead(500).end(writeFault({ faultCode: 'Client', text, axlCode: -239, request: 'addUser' }));
    return true;
  };
  await assert.rejects(
    client.addUser({ userid: 'ana', lastName: 'A' }),
    (error) => error instanceof AxlFault && error.code === -239 && error.kind === 'conflict',
  );
});

test('a read that is refused for being too large goes on in smaller pages', async () => {
  const client = connect();
  await client.version();
  const text = 'Query request too large. Total rows matched: 3 rows. Suggested row fetch: less than 2 rows';
  cm.intercept = ({ operation, element }, response) => {
    if (operation !== 'listUser' || Number(element.childText('first', '')) < 2) return false;
    response.writeHead(500).end(writeFault({ faultCode: 'Server', text, axlCode: 5003, request: operation }));
    return true;
  };
  const read: string[] = [];
  for await (const page of inPages(
    (asked) => client.users(asked),
    500,
    ({ uuid }) => uuid,
  )) {
    read.push(...page.map(({ userid }) => userid));
  }
  assert.deepEqual(read, ['ana', 'bert', 'carla']);
  assert.equal(suggestedRows('Suggestive Row Fetch: less than 1000 rows'), 700);
});

test('one who ignores pages is noticed, whether it gives all at once or the same again', async () => {
  const pages = async (answers: string[][], size: number) => {
    const read: string[] = [];
    for await (const page of inPages(
      async () => answers.shift(),
      size,
      (one: string) => one,
    ))
      read.push(...page);
    return read;
  };
  assert.deepEqual(await pages([['a', 'b', 'c'], ['a']], 2), ['a', 'b', 'c']);
  await assert.rejects(
    pages(
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      2,
    ),
    { message: /same page/ },
  );
});

test('changes are told from a cursor on; another queue has everything read anew', async () => {
  const client = connect();
  const begun = await client.changes();
  const carla = cm.put({ userid: 'carla', title: 'Lead' });
  const page = await client.changes(begun!.next);
  assert.deepEqual([...page!.users], [carla.uuid]);
  assert.equal(page!.reset, false);
  cm.queueId = 'second';
  assert.equal((await client.changes(page!.next))!.reset, true);
});

test('nobody else than the one with the fingerprint is sent a password', async () => {
  const client = connect({ trust: { by: 'fingerprint', fingerprint: () => `${'AB:'.repeat(31)}CD` } });
  await assert.rejects(client.version(), { kind: 'forbidden', message: /fingerprint/ });
  assert.deepEqual(cm.asked, []);
});

test('by certificate authorities one that signed itself is refused, unless it is one of them under that name', async () => {
  await assert.rejects(connect({ trust: { by: 'ca', ca: undefined } }).version(), { kind: 'unavailable' });
  await assert.rejects(connect({ trust: { by: 'ca', ca: cm.certificate } }).version(), { kind: 'unavailable' });
  const trusting = connect({ host: 'localhost', trust: { by: 'ca', ca: cm.certificate } });
  assert.equal(await trusting.version(), '14.0.1.11900(132)');
  assert.equal(await connect({ trust: { by: 'off' } }).version(), '14.0.1.11900(132)');
});
