/** The torture messages that nothing is wrong with go on as they are (RFC 4475, RFC 5118). */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { migrations } from '#store/migrations/all.ts';
import { makeWorld, type World } from '../../../../test/support/homes.ts';
import { MemoryFlow } from '../../../../test/support/memory-flow.ts';
import { type ProxyUnderTest, startProxy } from '../../../../test/support/proxy.ts';
import { readTorture, rfc4475 } from '../../../../test/vectors/sip/rfc4475.ts';
import { rfc5118 } from '../../../../test/vectors/sip/rfc5118.ts';
import type { SipRequest } from '../../wire/message.ts';
import { parseMessage } from '../../wire/message-parser.ts';

const PERSON = 'romeo@example.test';

let world: World;
let proxy: ProxyUnderTest;
let sender: MemoryFlow;
let next: MemoryFlow;

beforeEach(async () => {
  world = await makeWorld({ people: [PERSON], migrations });
  await world.home(PERSON);
  proxy = startProxy(world, () => PERSON);
  sender = new MemoryFlow('tcp');
  next = new MemoryFlow('tcp');
  proxy.reachable.set('*', [next]);
});

afterEach(() => world.close());

/** What no hop may change, in order. */
function lasting({ headers }: SipRequest): string[] {
  const hops = ['via', 'route', 'record-route', 'max-forwards', 'max-breadth', 'content-length', 'p-asserted-identity'];
  return headers.filter((_, i) => !hops.includes(headers[i - (i % 2)]!));
}

function parsed(file: string, folder: string): SipRequest | undefined {
  try {
    const message = parseMessage(readTorture(file, folder).toString('latin1'));
    return message.kind === 'request' ? message : undefined;
  } catch {
    return undefined;
  }
}

for (const [folder, messages] of Object.entries({ rfc4475, rfc5118 })) {
  for (const { file, section, expect } of messages) {
    const came = parsed(file, folder);
    if (expect !== 'proxied' || came === undefined) continue;
    test(`${folder} §${section} ${file}: goes on byte for byte, but for what is between hops`, async () => {
      proxy.transactions.receive(came, sender);
      await new Promise(setImmediate);
      const [text] = next.sent;
      assert.ok(text !== undefined, `it went on: ${sender.sent}`);
      const went = parseMessage(text);
      assert.ok(went.kind === 'request');
      assert.deepEqual([went.method, went.body], [came.method, came.body]);
      assert.deepEqual(lasting(went), lasting(came));
      assert.deepEqual(went.values('via').slice(2), came.values('via').slice(1));
      assert.equal(Number(went.header('max-forwards')), Number(came.header('max-forwards') ?? 70) - 1);
    });
  }
}
