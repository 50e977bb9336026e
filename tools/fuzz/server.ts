import type { Element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { startInProcess } from '../../test/support/in-process.ts';
import { Random } from '../torture/random.ts';
import { StanzaMaker } from './stanzas.ts';

export interface ServerFuzzOptions {
  seed: number;
  forMs: number;
}

export interface ServerFuzzReport {
  stanzas: number;
  /** Messages that had to arrive. */
  messages: number;
  /** Stanza errors that were answered. */
  errors: number;
  faults: string[];
}

const AT_A_TIME = 50;
const PEOPLE = ['romeo', 'juliet', 'nurse'];

/**
 * Two signed-in clients say mostly right things in any order to a server in this process. Between them they exchange
 * messages that must arrive once each; the server must answer a ping at the end, and never
 * `internal-server-error`.
 */
export async function fuzzServer({ seed, forMs }: ServerFuzzOptions): Promise<ServerFuzzReport> {
  const random = new Random(seed ^ 0x5eed);
  const report: ServerFuzzReport = { stanzas: 0, messages: 0, errors: 0, faults: [] };
  const server = await startInProcess({
    people: PEOPLE,
    settings: { 'xmpp.limits.bytesPerSecond': 100_000_000 },
  });
  await server.befriend('romeo', 'juliet');
  const romeo = await server.signIn('romeo', 'fuzz');
  const juliet = await server.signIn('juliet', 'fuzz');
  const maker = new StanzaMaker(random, ['romeo@example.test/fuzz', 'juliet@example.test/fuzz']);
  const until = Date.now() + forMs;
  /** Ids of messages that have to arrive. */
  const owed = new Set<string>();
  try {
    while (Date.now() < until && report.faults.length === 0) {
      const said: string[] = [];
      for (let i = 0; i < AT_A_TIME; i++) {
        const client = random.between(0, 1) === 0 ? romeo : juliet;
        const xml = maker.next();
        said.push(xml);
        client.send(xml);
        report.stanzas++;
        if (random.between(0, 4) === 0) {
          const id = `ledger-${report.messages++}`;
          owed.add(id);
          romeo.send(`<message id='${id}' type='chat' to='juliet@example.test/fuzz'><body>kept</body></message>`);
        }
      }
      // What came while she took no messages waits until she does.
      juliet.send('<presence/>');
      const heard = await romeo.rest();
      while (owed.size > 0) {
        const message = await juliet.expect(isLedger);
        heard.push(message);
        const id = message.attributes.id!;
        if (!owed.delete(id)) throw new Error(`ledger: ${id} came twice`);
      }
      const others = await juliet.rest();
      if (others.some(isLedger)) report.faults.push('ledger: a message came twice');
      heard.push(...others);
      const fault = judge(heard);
      if (fault !== undefined) report.faults.push(`${fault}\nafter: ${said.join('\n')}`);
      report.errors += heard.filter(({ attributes }) => attributes.type === 'error').length;
    }
    await romeo.rest();
  } catch (error) {
    report.faults.push(`a client was lost or not answered: ${(error as Error).message.slice(0, 2000)}`);
  }
  for (const line of server.errors.splice(0)) report.faults.push(`the log has an error: ${line}`);
  await Promise.all([romeo.close(), juliet.close()]);
  await server.stop();
  return report;
}

/** A message of the ledger as it was sent: no error, and no copy. */
function isLedger({ name, attributes: { id = '', type } }: Element): boolean {
  return name === 'message' && /^ledger-\d+$/.test(id) && type === 'chat';
}

function judge(heard: readonly Element[]): string | undefined {
  const failed = heard.find((stanza) =>
    stanza.child('error')?.child('internal-server-error', 'urn:ietf:params:xml:ns:xmpp-stanzas'),
  );
  return failed && `internal-server-error: ${serialize(failed)}`;
}
