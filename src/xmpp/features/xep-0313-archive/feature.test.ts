import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { type InProcess, startInProcess } from '../../../../test/support/in-process.ts';
import type { TestClient } from '../../../../test/support/test-client.ts';

const NS = 'urn:xmpp:mam:2';
const RSM = 'http://jabber.org/protocol/rsm';
const FORWARD = 'urn:xmpp:forward:0';
const PEOPLE = ['juliet', 'romeo', 'nurse', 'tybalt', 'benvolio', 'escalus'];

let server: InProcess;
let juliet: TestClient;
let romeo: TestClient;
/** Of juliet's archive, in order: 20 from romeo, every fifth of them answered. */
let all: Result[];

before(async () => {
  server = await startInProcess({ people: PEOPLE });
  juliet = await server.signIn('juliet', 'balcony');
  romeo = await server.signIn('romeo', 'orchard');
  await juliet.becomeAvailable();
  await romeo.becomeAvailable();
  for (let i = 1; i <= 20; i++) {
    romeo.send(`<message to='juliet@example.test' type='chat' id='r${i}'><body>${i}</body></message>`);
    await juliet.expect(`<message><body>${i}</body></message>`);
    if (i % 5 !== 0) continue;
    juliet.send(`<message to='romeo@example.test/orchard' type='chat'><body>yes ${i}</body></message>`);
    await romeo.expect(`<message><body>yes ${i}</body></message>`);
  }
  all = (await query(juliet)).results;
});
after(() => server.stop());

interface Result {
  id: string;
  body: string | undefined;
  stamp: string;
  result: Element;
  message: Element;
}

interface Answer {
  results: Result[];
  fin: Element;
  ids: string[];
  bodies: (string | undefined)[];
  first: string | undefined;
  last: string | undefined;
  complete: boolean;
}

const field = (name: string, ...values: string[]) =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`;
const form = (...fields: string[]) =>
  `<x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', NS)}${fields.join('')}</x>`;
const page = (content: string) => `<set xmlns='${RSM}'>${content}</set>`;

let queries = 0;

async function query(client: TestClient, content = '', to?: string): Promise<Answer> {
  const queryid = `q${++queries}`;
  const fin = await client.ask('set', `<query xmlns='${NS}' queryid='${queryid}'>${content}</query>`, to);
  const stanzas = await client.rest();
  const results = stanzas.flatMap((stanza) => {
    const result = stanza.child('result', NS);
    if (result === undefined) return [];
    assert.equal(result.attributes.queryid, queryid);
    const forwarded = result.child('forwarded', FORWARD)!;
    const message = forwarded.child('message', 'jabber:client')!;
    const stamp = forwarded.child('delay', 'urn:xmpp:delay')!.attributes.stamp!;
    return [{ id: result.attributes.id!, body: message.childText('body'), stamp, result: stanza, message }];
  });
  const set = fin!.child('set', RSM)!;
  return {
    results,
    fin: fin!,
    ids: results.map(({ id }) => id),
    bodies: results.map(({ body }) => body),
    first: set.childText('first'),
    last: set.childText('last'),
    complete: fin!.attributes.complete === 'true',
  };
}

const refused = (client: TestClient, content: string, to?: string) =>
  client.refusal('set', `<query xmlns='${NS}'>${content}</query>`, to);

describe('XEP-0313 §3: the archive', () => {
  test('§3.1: has what was received and sent, once each, in order', () => {
    assert.equal(all.length, 24);
    assert.deepEqual(
      all.slice(4, 7).map(({ body }) => body),
      ['5', 'yes 5', '6'],
    );
  });

  test('§3.4: what is received says under which id it is stored, and the sender is not told', async () => {
    const tybalt = await server.signIn('tybalt');
    await tybalt.becomeAvailable();
    romeo.send(`<message to='tybalt@example.test' type='chat'><body>Good morrow</body></message>`);
    const message = await tybalt.expect('<message><body>Good morrow</body></message>');
    const { 0: kept } = (await query(tybalt)).results;
    const stanzaIds = message.elements().filter((child) => child.is('stanza-id', 'urn:xmpp:sid:0'));
    assert.equal(stanzaIds.length, 1);
    assert.deepEqual(stanzaIds[0]!.attributes, { id: kept!.id, by: 'tybalt@example.test' });
    const sent = (await query(romeo, form(field('with', 'tybalt@example.test')))).results;
    assert.equal(sent.length, 1);
    assert.equal(sent[0]!.message.child('stanza-id', 'urn:xmpp:sid:0'), undefined);
    await tybalt.close();
  });

  test('§3.1: ids are unique, and not to be guessed from one another', () => {
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    assert.ok(all.every(({ id }) => /^\d+$/.test(id)));
  });
});

describe('XEP-0313 §4.1: filters', () => {
  test('§4: without any, all messages; the answer comes after the last of them, with first and last', async () => {
    const answer = await query(juliet);
    assert.deepEqual(
      answer.ids,
      all.map(({ id }) => id),
    );
    assert.equal(answer.first, all[0]!.id);
    assert.equal(answer.last, all.at(-1)!.id);
    assert.equal(answer.complete, true);
    assert.equal(answer.fin.attributes.stable, undefined);
  });

  test('§4.1.1: with a bare JID, what was said with any device of it', async () => {
    assert.equal((await query(juliet, form(field('with', 'romeo@example.test')))).ids.length, 24);
    assert.equal((await query(juliet, form(field('with', 'nurse@example.test')))).ids.length, 0);
    assert.equal((await query(juliet, form(field('with', 'ROMEO@example.test')))).ids.length, 24);
  });

  test('§4.1.1: with a full JID, what was said to or from that device alone', async () => {
    const phone = await server.signIn('romeo', 'phone');
    phone.send(`<message to='juliet@example.test' type='chat'><body>from the phone</body></message>`);
    await juliet.expect('<message><body>from the phone</body></message>');
    const { bodies } = await query(juliet, form(field('with', 'romeo@example.test/phone')));
    assert.deepEqual(bodies, ['from the phone']);
    const orchard = form(field('with', 'romeo@example.test/orchard'));
    assert.equal((await query(juliet, orchard)).ids.length, 24);
    const last = await query(juliet, orchard + page('<max>2</max><before/>'));
    assert.deepEqual(last.bodies, ['20', 'yes 20']);
    assert.equal(last.complete, false);
    const from = form(field('after-id', all.at(-1)!.id));
    const { ids } = await query(juliet, from);
    assert.equal(ids.length, 1);
    await phone.close();
  });

  test('§4.1.1: with the own JID, only what people say to themselves, and that once', async () => {
    romeo.send(`<message to='romeo@example.test' type='chat'><body>note to self</body></message>`);
    await romeo.expect('<message><body>note to self</body></message>');
    assert.deepEqual((await query(romeo, form(field('with', 'romeo@example.test')))).bodies, ['note to self']);
  });

  test('§4.1.2: from a time, to a time, both included', async () => {
    const [start, end] = [all[3]!.stamp, all[9]!.stamp];
    const expected = all.filter(({ stamp }) => stamp >= start && stamp <= end).map(({ id }) => id);
    assert.deepEqual((await query(juliet, form(field('start', start), field('end', end)))).ids, expected);
    assert.deepEqual((await query(juliet, form(field('end', '1969-07-21T02:56:15Z')))).ids, []);
    assert.deepEqual((await query(juliet, form(field('start', '9999-12-31T23:59:59Z')))).ids, []);
    const everything = form(field('start', '1969-07-21T02:56:15Z'), field('end', '9999-12-31T23:59:59Z'));
    assert.ok((await query(juliet, everything)).ids.length >= 24);
  });

  test('§4.1.3: before and after ids, which are not included', async () => {
    const answer = await query(juliet, form(field('after-id', all[2]!.id), field('before-id', all[6]!.id)));
    assert.deepEqual(
      answer.ids,
      all.slice(3, 6).map(({ id }) => id),
    );
    assert.equal(answer.complete, true);
  });

  test('§4.1.3: single messages by their ids, in the order of the archive', async () => {
    const wanted = [all[9]!.id, all[1]!.id, all[9]!.id];
    assert.deepEqual((await query(juliet, form(field('ids', ...wanted)))).ids, [all[1]!.id, all[9]!.id]);
    const both = form(field('ids', ...wanted), field('after-id', all[1]!.id));
    assert.deepEqual((await query(juliet, both)).ids, [all[9]!.id]);
    const many = all.map(({ id }) => id);
    assert.deepEqual((await query(juliet, form(field('ids', ...many)))).ids, many);
  });

  for (const name of ['before-id', 'after-id', 'ids']) {
    test(`§4.1.3: a ${name} that is not in the archive is not found`, async () => {
      for (const id of ['28482-98726-73623', String(Number(all[0]!.id) + 1), '0', '9'.repeat(16), '']) {
        assert.equal(await refused(juliet, form(field(name, id))), 'cancel, item-not-found', id);
      }
    });
  }

  test("§4.1.3: an id of somebody else's archive is not found in this one", async () => {
    const { ids } = await query(romeo);
    assert.equal(await refused(juliet, form(field('ids', ids[0]!))), 'cancel, item-not-found');
  });

  test('§4.1.4: messages of rooms may be asked for or not; there are none', async () => {
    for (const value of ['true', 'false']) {
      assert.ok((await query(juliet, form(field('include-groupchat', value)))).ids.length >= 24);
    }
  });

  test('§4.1.5: the form has all fields, none required, and ids are open', async () => {
    const { firstChild } = { firstChild: (await juliet.ask('get', `<query xmlns='${NS}'/>`))! };
    const fields = firstChild.child('x', 'jabber:x:data')!.elements();
    assert.deepEqual(
      fields.map(({ attributes }) => `${attributes.var} ${attributes.type}`),
      [
        'FORM_TYPE hidden',
        'with jid-single',
        'start text-single',
        'end text-single',
        'before-id text-single',
        'after-id text-single',
        'ids list-multi',
        'include-groupchat boolean',
      ],
    );
    assert.ok(fields.every((one) => one.child('required') === undefined));
    const validate = fields.find(({ attributes }) => attributes.var === 'ids')!.firstChild()!;
    assert.ok(validate.is('validate', 'http://jabber.org/protocol/xdata-validate') && validate.child('open'));
  });

  const WRONG: Record<string, [string, string]> = {
    'a field that is not known': [
      form(field('{http://example.com/}free-text-search', 'x')),
      'cancel, feature-not-implemented',
    ],
    'a form without FORM_TYPE': [
      `<x xmlns='jabber:x:data' type='submit'>${field('with', 'a@b')}</x>`,
      'modify, bad-request',
    ],
    'a form of another type': [
      `<x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', 'urn:x')}</x>`,
      'modify, bad-request',
    ],
    'a form that is not submitted': [`<x xmlns='jabber:x:data' type='cancel'/>`, 'modify, bad-request'],
    'a start that is no time': [form(field('start', 'yesterday')), 'modify, bad-request'],
    'an end that is no time': [form(field('end', '2010-02-30T00:00:00Z')), 'modify, bad-request'],
    'a JID that is none': [form(field('with', '@')), 'modify, not-acceptable'],
    'two JIDs': [form(field('with', 'a@b', 'c@d')), 'modify, not-acceptable'],
    'a max that is no number': [page('<max>ten</max>'), 'modify, bad-request'],
    'a page by its number': [page('<index>3</index>'), 'cancel, feature-not-implemented'],
    'more ids than a page has': [
      form(field('ids', ...Array.from({ length: 251 }, (_, i) => String(i + 1)))),
      'modify, not-acceptable',
    ],
  };
  for (const [what, [content, error]] of Object.entries(WRONG)) {
    test(`§4.1: ${what} is refused: ${error}`, async () => assert.equal(await refused(juliet, content), error));
  }

  test('a queryid that would be sent back with each message may not be huge', async () => {
    const huge = `<query xmlns='${NS}' queryid='${'x'.repeat(2000)}'/>`;
    assert.equal(await juliet.refusal('set', huge), 'modify, bad-request');
  });
});

describe('XEP-0313 §4.2: results', () => {
  test('come from the account, with the message as it was, its time and its id', () => {
    const { result, message, stamp } = all[0]!;
    assert.equal(result.attributes.from, 'juliet@example.test');
    assert.equal(result.attributes.to, 'juliet@example.test/balcony');
    const { from, to, type, id } = message.attributes;
    assert.deepEqual(
      { from, to, type, id },
      {
        from: 'romeo@example.test/orchard',
        to: 'juliet@example.test',
        type: 'chat',
        id: 'r1',
      },
    );
    assert.match(stamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
});

describe('XEP-0313 §4.3: pages', () => {
  test('§4.3.2: forwards, each page after the last of the one before, until it is complete', async () => {
    const expected = (await query(juliet)).ids;
    const ids: string[] = [];
    let pages = 0;
    for (let after = ''; ; pages++) {
      const next = await query(juliet, page(`<max>7</max>${after}`));
      ids.push(...next.ids);
      assert.equal(next.last, next.ids.at(-1));
      if (next.complete) break;
      assert.equal(next.ids.length, 7);
      after = `<after>${next.last}</after>`;
    }
    assert.deepEqual(ids, expected);
    assert.equal(pages, Math.ceil(expected.length / 7) - 1);
  });

  test('§4.3.3: backwards from the end, each page in the order of time', async () => {
    const expected = (await query(juliet)).ids;
    const ids: string[] = [];
    for (let before = '<before/>'; ; ) {
      const previous = await query(juliet, page(`<max>7</max>${before}`));
      ids.unshift(...previous.ids);
      if (previous.complete) break;
      before = `<before>${previous.first}</before>`;
    }
    assert.deepEqual(ids, expected);
  });

  test('XEP-0059 §2.1: a page that ends exactly where the set ends is complete', async () => {
    const within = form(field('after-id', all[2]!.id), field('before-id', all[6]!.id));
    assert.equal((await query(juliet, within + page('<max>3</max>'))).complete, true);
    assert.equal((await query(juliet, within + page('<max>2</max>'))).complete, false);
  });

  test('XEP-0059 §2.2: after the last there is an empty page, without first and last', async () => {
    const { last } = await query(juliet);
    const empty = await query(juliet, page(`<after>${last}</after>`));
    assert.deepEqual([empty.ids, empty.first, empty.last, empty.complete], [[], undefined, undefined, true]);
  });

  test('XEP-0059 §2.7: of no messages at all, their number', async () => {
    const { fin, ids } = await query(juliet, form(field('with', 'romeo@example.test')) + page('<max>0</max>'));
    assert.deepEqual(ids, []);
    assert.ok(Number(fin.child('set', RSM)!.childText('count')) >= 24);
    assert.equal(fin.attributes.complete, undefined);
  });

  test('§4.3.2: a page next to what is not in the archive is not found', async () => {
    for (const place of ['after', 'before']) {
      assert.equal(await refused(juliet, page(`<${place}>12345</${place}>`)), 'cancel, item-not-found');
    }
  });

  test('§4.3.1: a page has no more than the server allows, in messages and in bytes', async () => {
    const nurse = await server.signIn('nurse');
    server.configure({ 'xmpp.xep-0313.maxPage': 4 });
    const { ids, complete } = await query(juliet, page('<max>100</max>'));
    assert.deepEqual([ids.length, complete], [4, false]);
    server.configure({ 'xmpp.xep-0313.maxPage': 250, 'xmpp.xep-0313.maxPageBytes': 10_000 });
    for (let i = 0; i < 4; i++) {
      nurse.send(`<message to='escalus@example.test'><body>${i}${'x'.repeat(4000)}</body></message>`);
    }
    const forwards = await query(nurse);
    assert.deepEqual([forwards.ids.length, forwards.complete], [2, false]);
    const backwards = await query(nurse, page('<before/>'));
    assert.deepEqual([backwards.bodies.map((body) => body?.[0]), backwards.complete], [['2', '3'], false]);
    server.configure({ 'xmpp.xep-0313.maxPageBytes': 1_048_576 });
    await nurse.close();
  });

  test('§4.3.4: a flipped page has the same messages, the newest sent first', async () => {
    const flipped = await query(juliet, `${page(`<max>5</max><after>${all[1]!.id}</after>`)}<flip-page/>`);
    assert.deepEqual(
      flipped.ids,
      all
        .slice(2, 7)
        .map(({ id }) => id)
        .reverse(),
    );
    assert.deepEqual([flipped.first, flipped.last], [all[2]!.id, all[6]!.id]);
  });
});

describe('XEP-0313 §5: metadata', () => {
  test('tells the first and the last message', async () => {
    const expected = (await query(juliet)).results;
    const metadata = (await juliet.ask('get', `<metadata xmlns='${NS}'/>`))!;
    const end = (name: string) => metadata.child(name)!.attributes;
    assert.deepEqual(end('start'), { id: expected[0]!.id, timestamp: expected[0]!.stamp });
    assert.deepEqual(end('end'), { id: expected.at(-1)!.id, timestamp: expected.at(-1)!.stamp });
  });

  test('is empty where the archive is', async () => {
    const benvolio = await server.signIn('benvolio');
    assert.deepEqual((await benvolio.ask('get', `<metadata xmlns='${NS}'/>`))!.children, []);
    const empty = await query(benvolio);
    assert.deepEqual([empty.ids, empty.complete], [[], true]);
    await benvolio.close();
  });
});

describe('XEP-0313 §6, §7: whose it is', () => {
  for (const name of ['romeo', 'nobody'])
    test(`§7.1: somebody else's archive is forbidden, in every respect, whether there is one or not: that of ${name}`, async () => {
      const to = `${name}@example.test`;
      assert.equal(await refused(juliet, '', to), 'auth, forbidden');
      assert.equal(await juliet.refusal('get', `<metadata xmlns='${NS}'/>`, to), 'auth, forbidden');
      assert.equal(await juliet.refusal('get', `<query xmlns='${NS}'/>`, to), 'auth, forbidden');
    });

  test('§3.2: it is at the bare JID of the account', async () => {
    assert.ok((await query(juliet, '', 'juliet@example.test')).ids.length >= 24);
    assert.equal(await refused(juliet, '', 'example.test'), 'cancel, service-unavailable');
  });

  test('§6: the account announces it', async () => {
    const info = (await juliet.ask(
      'get',
      `<query xmlns='http://jabber.org/protocol/disco#info'/>`,
      'juliet@example.test',
    ))!;
    const features = info.elements().map(({ attributes }) => attributes.var);
    for (const feature of [NS, `${NS}#extended`, `${NS}#groupchat-field`]) assert.ok(features.includes(feature));
  });
});
