/** The REST API: every command by one rule, for who holds a role or a token, inside limits. */
import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { after, before, describe, test } from 'node:test';
import { allCommands } from '#commands/all.ts';
import { jsonSchema } from '#commands/input-fields.ts';
import { type InProcess, startInProcess } from '../../../test/support/in-process.ts';
import { commandNameAt, methodOf, pathOfCommand } from './paths.ts';

let server: InProcess;
before(async () => {
  server = await startInProcess({ people: ['bard', 'iago', 'nurse'] });
  await server.running.accounts.setAdmin('bard@example.test', true);
});
after(() => server.stop());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is looked at by each test
  readonly body: any;
}

interface Asking {
  authorization?: string | undefined;
  body?: unknown;
  type?: string;
}

function ask(
  method: string,
  path: string,
  { authorization, body, type = 'application/json' }: Asking = {},
): Promise<Answer> {
  const headers = {
    ...(authorization !== undefined && { authorization }),
    ...(body !== undefined && { 'content-type': type }),
  };
  const { https: port } = server.running.ports;
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false, agent: false };
    const asked = request(options, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode!, headers: response.headers, text, body: JSON.parse(text) });
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const asBard = () => basic('bard', server.password);
const get = (path: string, authorization = asBard()) => ask('GET', path, { authorization });
const post = (path: string, body: unknown, authorization = asBard()) => ask('POST', path, { authorization, body });

async function token(role: string, name = role): Promise<string> {
  const { body } = await post('/api/v1/token/create', { name, role });
  return `Bearer ${body.token}`;
}

describe('who asks', () => {
  test('RFC 7617: an account that holds a role, by its password; the domain may be left out', async () => {
    for (const user of ['bard', 'bard@example.test', 'BARD@Example.Test']) {
      assert.equal((await get('/api/v1/server/status', basic(user, server.password))).status, 200, user);
    }
  });

  test('one who holds none is forbidden, whatever it is about', async () => {
    const { status, body } = await get('/api/v1/user/list', basic('iago', server.password));
    assert.deepEqual([status, body.kind], [403, 'forbidden']);
    assert.equal((await get('/api/openapi.json', basic('iago', server.password))).status, 403);
  });

  test('RFC 9110 §11.6.1: nobody, a wrong password, and what is no sign-in are told how to', async () => {
    const wrong = [
      undefined,
      basic('bard', 'wrong'),
      basic('nobody', 'x'),
      basic('@', 'x'),
      'Basic !',
      'Digest x',
      'Bearer rc_x',
    ];
    for (const authorization of wrong) {
      const { status, headers } = await ask('GET', '/api/v1/user/list', { authorization });
      assert.equal(status, 401, authorization);
      assert.match(headers['www-authenticate']!, /^Basic realm="Rollcall".*Bearer/);
    }
  });

  test('a disabled account is nobody', async () => {
    await post('/api/v1/role/assign', { address: 'nurse', role: 'monitor' });
    const asNurse = basic('nurse', server.password);
    assert.equal((await get('/api/v1/user/list', asNurse)).status, 200);
    await post('/api/v1/user/disable', { address: 'nurse' });
    assert.equal((await get('/api/v1/user/list', asNurse)).status, 401);
    await post('/api/v1/user/enable', { address: 'nurse' });
  });

  test('RFC 6750: a program, by its token, until that is revoked; it may do what its role allows', async () => {
    const monitoring = await token('monitor', 'monitoring');
    assert.equal((await get('/api/v1/user/list', monitoring)).status, 200);
    assert.equal((await get('/api/v1/server/settings', monitoring)).status, 403);
    assert.equal((await post('/api/v1/user/disable', { address: 'nurse' }, monitoring)).status, 403);
    const { body } = await get('/api/v1/audit/list?caller=token%20monitoring&limit=1');
    assert.deepEqual(
      [body.entries[0].outcome, body.entries[0].subject, body.entries[0].face],
      ['refused', 'nurse@example.test', 'rest'],
    );
    const [listed] = (await get('/api/v1/token/list')).body;
    assert.equal(listed.name, 'monitoring');
    assert.ok(listed.lastUsedAt > 0);
    assert.doesNotMatch(JSON.stringify(listed), /rc_/);
    assert.equal((await post('/api/v1/token/create', { name: 'monitoring', role: 'monitor' })).status, 409);
    await post('/api/v1/token/revoke', { name: 'monitoring' });
    assert.equal((await get('/api/v1/user/list', monitoring)).status, 401);
  });

  test('a token is kept as a hash, and an expired one is none', async () => {
    const given = await token('monitor', 'short');
    const { database } = server.running.node;
    const rows = await database.read('select * from api_tokens');
    assert.ok(!Buffer.from(JSON.stringify(rows)).includes(given.slice(10)));
    await database.write({ sql: 'update api_tokens set expires_at = 1' });
    assert.equal((await get('/api/v1/user/list', given)).status, 401);
    assert.equal((await get('/api/v1/token/list')).body[0].expired, true);
    await post('/api/v1/token/revoke', { name: 'short' });
  });
});

describe('what is asked', () => {
  test('what changes nothing is a GET with a query, the rest a POST with JSON', async () => {
    assert.deepEqual((await post('/api/v1/user/add', { address: 'paris', password: 'count' })).body, {
      address: 'paris@example.test',
      admin: false,
      enabled: true,
    });
    const { body, headers } = await get('/api/v1/user/list?state=all');
    assert.ok(body.some((one: { address: string }) => one.address === 'paris@example.test'));
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal((await get('/api/v1/audit/list?limit=2&outcome=done')).body.entries.length, 2);
  });

  const refused: [what: string, method: string, path: string, body: unknown, status: number][] = [
    ['nothing is there', 'GET', '/api/v1/user/fly', undefined, 404],
    ['nothing is there either', 'GET', '/api/v1/user.list', undefined, 404],
    ['the root', 'GET', '/api', undefined, 404],
    ['GET of what changes something', 'GET', '/api/v1/user/remove?address=x', undefined, 405],
    ['POST of what changes nothing', 'POST', '/api/v1/user/list', {}, 405],
    ['a field that is none', 'GET', '/api/v1/user/list?nonsense=1', undefined, 400],
    ['a field twice', 'GET', '/api/v1/user/list?state=all&state=idle', undefined, 400],
    ['a number that is none', 'GET', '/api/v1/audit/list?limit=many', undefined, 400],
    ['no JSON', 'POST', '/api/v1/user/add', '{', 400],
    ['a wrong input', 'POST', '/api/v1/user/add', { address: 'x' }, 400],
    ['somebody unknown', 'POST', '/api/v1/user/disable', { address: 'nobody' }, 404],
    ['somebody who is there', 'POST', '/api/v1/user/add', { address: 'bard', password: 'x' }, 409],
    ['another domain', 'POST', '/api/v1/user/add', { address: 'x@elsewhere.test', password: 'x' }, 406],
    ['more than a body may be', 'POST', '/api/v1/user/add', { address: 'x'.repeat(1_100_000) }, 413],
  ];
  for (const [what, method, path, body, status] of refused) {
    test(`${what}: ${status}, and a sentence`, async () => {
      const answer = await ask(method, path, { authorization: asBard(), ...(body !== undefined && { body }) });
      assert.equal(answer.status, status, answer.text);
      assert.equal(typeof answer.body.error, 'string');
      if (status === 405) assert.match(answer.headers.allow!, /^(GET|POST)$/);
    });
  }

  test('a body that a web page can send without being asked about it is not taken', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
      const asking = { authorization: asBard(), body: { address: 'paris' }, type };
      assert.equal((await ask('POST', '/api/v1/user/disable', asking)).status, 415, type);
    }
    const asking = { authorization: asBard(), body: { address: 'paris' }, type: 'application/json; charset=utf-8' };
    assert.equal((await ask('POST', '/api/v1/user/disable', asking)).status, 200);
  });

  test('what was done is on record, with who did it and without secrets', async () => {
    await post('/api/v1/user/passwd', { address: 'paris', password: 'a secret of his' });
    const { body, text } = await get('/api/v1/audit/list?command=user.&limit=1');
    const { caller, face, command, subject, outcome } = body.entries[0];
    assert.deepEqual(
      [caller, face, command, subject, outcome],
      ['bard@example.test', 'rest', 'user.passwd', 'paris@example.test', 'done'],
    );
    assert.doesNotMatch(text, /a secret/);
    const verdict = (await get('/api/v1/audit/verify')).body;
    assert.ok(verdict.rows > 0 && verdict.broken === undefined);
  });
});

describe('limits', () => {
  test('one caller may ask so often in a minute', async () => {
    const often = await token('monitor', 'often');
    server.configure({ 'api.requestsPerMinute': 3 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await get('/api/v1/user/list', often)).status);
    const { headers } = await get('/api/v1/user/list', often);
    server.configure({ 'api.requestsPerMinute': 600 });
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    assert.match(headers['retry-after']!, /^\d+$/);
  });

  test('a network that gives wrong tokens waits, and so do right ones from there', async () => {
    const right = await token('monitor', 'right');
    server.configure({ 'api.wrongTokensPerMinute': 2 });
    const wrong = `Bearer rc_${'x'.repeat(43)}`;
    const statuses: number[] = [];
    for (const each of [wrong, wrong, wrong, right]) statuses.push((await get('/api/v1/user/list', each)).status);
    server.configure({ 'api.wrongTokensPerMinute': 1_000_000 });
    assert.equal((await get('/api/v1/user/list', right)).status, 200);
    assert.deepEqual(statuses.slice(-2), [429, 429]);
  });

  test('whoever guesses passwords is slowed as at any sign-in, also side by side', async () => {
    const guesses = Array.from({ length: 20 }, () => get('/api/v1/user/list', basic('iago', 'wrong')));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    assert.ok(statuses.includes(429));
    const { status, headers } = await get('/api/v1/user/list', basic('iago', server.password));
    assert.equal(status, 429, 'the right one as well');
    assert.match(headers['retry-after']!, /^\d+$/);
  });

  test('switched off, nothing is there', async () => {
    server.configure({ 'api.enabled': false });
    assert.equal((await get('/api/v1/user/list')).status, 404);
    server.configure({ 'api.enabled': true });
  });
});

describe('paths', () => {
  test('each command has one, which leads back to it', () => {
    const paths = allCommands.all().map(pathOfCommand);
    assert.equal(new Set(paths).size, paths.length);
    assert.deepEqual(
      paths.map(commandNameAt),
      allCommands.all().map(({ name }) => name),
    );
  });

  for (const path of [
    '/api/v1/',
    '/api/v1/user',
    '/api/v1/user/',
    '/api/v1/user/../x',
    '/api/v1/user/list/',
    '/api/v2/user/list',
    '/api/v1/User/list',
  ]) {
    test(`${path} is no command's`, () => assert.equal(commandNameAt(path), undefined));
  }
});

describe('OpenAPI 3.1', () => {
  // biome-ignore lint/suspicious/noExplicitAny: any document of JSON
  let document: any;
  before(async () => {
    document = (await get('/api/openapi.json')).body;
  });

  test('§4.8.1: the document has what one must have', () => {
    assert.match(document.openapi, /^3\.1\.\d+$/);
    assert.equal(typeof document.info.title, 'string');
    assert.equal(typeof document.info.version, 'string');
  });

  test('§4.8.8 to §4.8.10: each command is one operation, with an id of its own, its input and its answers', () => {
    assert.deepEqual(Object.keys(document.paths), allCommands.all().map(pathOfCommand));
    const ids = new Set<string>();
    for (const command of allCommands.all()) {
      const { [methodOf(command).toLowerCase()]: operation, ...others } = document.paths[pathOfCommand(command)];
      assert.deepEqual(others, {});
      ids.add(operation.operationId);
      const statuses = Object.keys(operation.responses);
      assert.ok(
        statuses.some((status) => status.startsWith('2')) && statuses.every((status) => /^[1-5]\d\d$/.test(status)),
      );
      for (const answer of Object.values<Record<string, unknown>>(operation.responses)) {
        assert.ok('$ref' in answer || typeof answer.description === 'string');
      }
      if (command.changes) assert.equal(typeof operation.requestBody.content['application/json'].schema, 'object');
      else for (const parameter of operation.parameters) checkParameter(parameter);
    }
    assert.equal(ids.size, allCommands.all().length);
  });

  test('§4.8.27: each requirement names a scheme that there is, each tag one that is declared', () => {
    for (const requirement of document.security) {
      for (const name of Object.keys(requirement)) assert.ok(name in document.components.securitySchemes);
    }
    const tags = document.tags.map(({ name }: { name: string }) => name);
    for (const item of Object.values<Record<string, { tags: string[] }>>(document.paths)) {
      for (const operation of Object.values(item)) for (const tag of operation.tags) assert.ok(tags.includes(tag), tag);
    }
  });

  test('every reference leads to something, and names of components are of §4.8.7.1', () => {
    for (const reference of references(document)) {
      const found = reference
        .slice(2)
        .split('/')
        .reduce((at, name) => at?.[name], document);
      assert.ok(reference.startsWith('#/') && found !== undefined, reference);
    }
    for (const kind of Object.values<Record<string, unknown>>(document.components)) {
      for (const name of Object.keys(kind)) assert.match(name, /^[a-zA-Z0-9._-]+$/);
    }
  });

  test('secrets are told as such, and the schemas are what the commands check', () => {
    const body = document.paths['/api/v1/user/passwd'].post.requestBody.content['application/json'].schema;
    assert.deepEqual([body.properties.password.format, body.properties.password.writeOnly], ['password', true]);
    assert.deepEqual(body.required, jsonSchema(allCommands.find('user.passwd')!.input, 'input').required);
  });
});

/** §4.8.12: a parameter has a schema or one content, and says where it is. */
function checkParameter(parameter: Record<string, unknown>): void {
  assert.equal(parameter.in, 'query');
  assert.equal(typeof parameter.name, 'string');
  assert.ok('schema' in parameter !== 'content' in parameter);
}

function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const own = '$ref' in node && typeof node.$ref === 'string' ? [node.$ref] : [];
  return [...own, ...Object.values(node).flatMap(references)];
}
