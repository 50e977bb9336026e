/** Group chat: every member's message reaches every occupant of the room, its sender included. */
import type { XmppClient } from '../lib/client.ts';
import { runFlow } from '../lib/flow.ts';
import { closeAll, onlineClients } from '../lib/pool.ts';
import { attribute, elementName } from '../lib/splitter.ts';
import { TOKEN_LENGTH } from '../lib/token.ts';
import { flowOutcome, makeResult, type Scenario } from './common.ts';

export const muc: Scenario = async (options) => {
  const clients = await onlineClients(options.target, options.occupants, options.concurrency);
  const room = `bench${process.pid}@${options.mucDomain}`;
  for (const client of clients) {
    await join(client, room);
    // The first one in owns the room and unlocks it as an instant room (XEP-0045 section 10.1.2).
    if (client.index === 0) {
      const reply = await client.iq(
        'set',
        "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>",
        room,
      );
      if (attribute(reply, 'type') !== 'result') throw new Error(`the room was not unlocked: ${reply}`);
    }
  }
  for (const client of clients) await client.sync();

  const active = options.senders === 0 ? clients.length : Math.min(options.senders, clients.length);
  const everyone = clients.map((client) => client.index);
  const filler = 'x'.repeat(Math.max(0, options.bodyBytes - TOKEN_LENGTH));
  const flow = await runFlow(
    {
      clients,
      receivers: clients.map((_, i) => (i < active ? everyone : [])),
      render: (_sender, token, seq) =>
        `<message type='groupchat' to='${room}' id='g${seq}'><body>${token}${filler}</body></message>`,
    },
    options,
  );
  const outcome = flowOutcome(options, flow, 'delivery');
  await closeAll(clients);
  return makeResult(options, {
    ...outcome,
    parameters: {
      occupants: clients.length,
      senders: active,
      bodyBytes: options.bodyBytes,
      window: options.window,
      rate: options.rate,
    },
  });
};

/** Enters the room without its history; done when the own presence comes back. */
async function join(client: XmppClient, room: string): Promise<void> {
  const occupant = `${room}/${client.user}`;
  client.write(
    `<presence to='${occupant}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>`,
  );
  const answer = await client.expect(
    (xml) => elementName(xml) === 'presence' && attribute(xml, 'from') === occupant,
    'own presence in the room',
  );
  if (attribute(answer, 'type') === 'error') throw new Error(`${client.user} cannot enter the room: ${answer}`);
}
