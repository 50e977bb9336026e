/**
 * RFC 6121 §8.5, messages: every condition, address and type of the table in §8.5.4. Where the RFC leaves a choice, ours
 * is named beside the expectation.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Element } from '#xml/element.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';
import { errorOf, type TestClient } from './support/test-client.ts';

const TYPES = ['none', 'unheard-of', 'normal', 'chat', 'groupchat', 'headline', 'error'] as const;
type Type = (typeof TYPES)[number];
const ADDRESSES = ['bare', 'balcony', 'nowhere'] as const;
type Address = (typeof ADDRESSES)[number];

/** Kept, and given to the next device that is ready (§8.5.2.2.1). */
const STORED = 'stored';
/** Silently ignored. */
const IGNORED = 'ignored';
const ERROR = 'cancel, service-unavailable';
/** The one resource whose full JID is named (§8.5.3.1). */
const BALCONY = 'balcony';

interface Condition {
  section: string;
  title: string;
  /** Juliet's resources and their priorities; undefined: connected, and never available. */
  resources: Record<string, number | undefined>;
  /** By address; a type that is not named is treated as `other`. */
  expected: Partial<Record<Address, { other: string } & Partial<Record<Type, string>>>>;
}

/** §8.5.2.2.1; for an error and a headline the RFC's own rule, of two allowed ones for a headline: to ignore it. */
const NOBODY_READY = { other: STORED, groupchat: ERROR, headline: IGNORED, error: IGNORED };
/** §8.5.3.2.1: of the two that are allowed for these, an error; a headline and an error are ignored. */
const gone = (chat: string) => ({ other: ERROR, chat, headline: IGNORED, error: IGNORED });
/** §8.5.2.1.1: where several are ready, all of them have consented to all types. */
const ready = (resources: string) => ({ other: resources, groupchat: ERROR, error: IGNORED });

const CONDITIONS: Condition[] = [
  {
    section: '§8.5.2.2.1, §8.5.3.2.1',
    title: 'no resource at all',
    resources: {},
    expected: { bare: NOBODY_READY, nowhere: gone(STORED) },
  },
  {
    section: '§8.5.2.2.1, §8.5.3',
    title: 'a resource that is connected and not available',
    resources: { balcony: undefined },
    expected: { bare: NOBODY_READY, balcony: { other: BALCONY }, nowhere: gone(STORED) },
  },
  {
    section: '§8.5.2.1.1, §8.5.3',
    title: 'only resources of negative priority',
    resources: { balcony: -1, garden: -128 },
    expected: { bare: NOBODY_READY, balcony: { other: BALCONY }, nowhere: gone(STORED) },
  },
  {
    section: '§8.5.2.1.1, §8.5.3',
    title: 'one resource of non-negative priority',
    resources: { balcony: 0 },
    expected: { bare: ready('balcony'), balcony: { other: BALCONY }, nowhere: gone('balcony') },
  },
  {
    section: '§8.5.2.1.1, §8.5.3',
    title: 'one of non-negative and one of negative priority',
    resources: { balcony: -1, garden: 5 },
    expected: { bare: ready('garden'), balcony: { other: BALCONY }, nowhere: gone('garden') },
  },
  {
    section: '§8.5.2.1.1, §8.5.3',
    title: 'several of non-negative priority (our choice: all of them, whatever their priorities)',
    resources: { balcony: 0, chamber: 7, garden: 127 },
    expected: {
      bare: ready('balcony chamber garden'),
      balcony: { other: BALCONY },
      nowhere: gone('balcony chamber garden'),
    },
  },
];

let server: InProcess;
let romeo: TestClient;
before(async () => {
  server = await startInProcess({ people: ['romeo', 'juliet'] });
  romeo = await server.signIn('romeo', 'orchard');
});
after(() => server.stop());

/** Sends one message of every type to every address. @returns what became of each, by 'address type' */
async function observe({ resources, expected }: Condition): Promise<Map<string, string>> {
  const juliets = new Map<string, TestClient>();
  for (const [resource, priority] of Object.entries(resources)) {
    const juliet = await server.signIn('juliet', resource);
    if (priority !== undefined) await juliet.becomeAvailable(`<priority>${priority}</priority>`);
    juliets.set(resource, juliet);
  }
  for (const address of Object.keys(expected)) {
    for (const type of TYPES) {
      const to = address === 'bare' ? 'juliet@example.test' : `juliet@example.test/${address}`;
      const said = type === 'none' ? '' : ` type='${type}'`;
      romeo.send(`<message id='${address} ${type}' to='${to}'${said}><body>But soft!</body></message>`);
    }
  }
  const seen = new Map<string, string>();
  const note = (stanza: Element, outcome: string) => {
    const { id = '', to } = stanza.attributes;
    seen.set(id, seen.has(id) ? `${seen.get(id)} ${outcome}` : outcome);
    if (outcome === STORED || resources[outcome] !== undefined || outcome in resources) {
      const address = id.split(' ')[0]!;
      // §8.5.2.1.1: in all cases the 'to' stays as it was sent.
      assert.equal(to, address === 'bare' ? 'juliet@example.test' : `juliet@example.test/${address}`);
    }
  };
  const messages = async (client: TestClient) => (await client.rest()).filter(({ name }) => name === 'message');
  for (const stanza of await messages(romeo)) note(stanza, errorOf(stanza));
  for (const [resource, juliet] of juliets) for (const stanza of await messages(juliet)) note(stanza, resource);
  await Promise.all([...juliets.values()].map((juliet) => juliet.close()));
  for (const stanza of await waiting(messages)) note(stanza, STORED);
  return seen;
}

/** What waits for Juliet, up to a last message that is sure to come. */
async function waiting(messages: (client: TestClient) => Promise<Element[]>): Promise<Element[]> {
  romeo.send(`<message id='last' to='juliet@example.test'><body>Good night!</body></message>`);
  await romeo.rest();
  const juliet = await server.signIn('juliet', 'later');
  await juliet.becomeAvailable();
  await juliet.expect(`<message id='last'/>`);
  const found = await messages(juliet);
  await juliet.close();
  return found;
}

for (const condition of CONDITIONS) {
  const { section, title, resources, expected } = condition;
  describe(`RFC 6121 ${section}: ${title}`, () => {
    let seen: Map<string, string>;
    before(async () => {
      seen = await observe(condition);
    });
    for (const [address, outcomes] of Object.entries(expected)) {
      const where =
        address === 'bare' ? 'the bare JID' : `a full JID that ${address in resources ? 'is' : 'is not'} there`;
      for (const type of TYPES) {
        const outcome: string = outcomes[type] ?? outcomes.other;
        test(`type ${type} to ${where}: ${outcome}`, () => {
          assert.equal(seen.get(`${address} ${type}`) ?? IGNORED, outcome);
        });
      }
    }
  });
}

describe('RFC 6121 §8.5.1: a message to an account that is not there (our choice: an error)', () => {
  for (const to of ['nobody@example.test', 'nobody@example.test/nowhere']) {
    for (const type of TYPES) {
      const outcome = type === 'error' ? IGNORED : ERROR;
      test(`type ${type} to ${to}: ${outcome}`, async () => {
        const said = type === 'none' ? '' : ` type='${type}'`;
        romeo.send(`<message id='m' to='${to}'${said}><body>Hark!</body></message>`);
        assert.deepEqual((await romeo.rest()).map(errorOf), type === 'error' ? [] : [ERROR]);
      });
    }
  }
});
