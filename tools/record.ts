/**
 * Records a conversation with a server as a transcript for test/transcripts. Reads steps from its input, one a line, and
 * writes them with what each actor then received:
 *
 *     sh tools/node24 tools/record.ts --host chat.example.test --port 5223 --domain example.test --password secret
 *     [xmpp] Romeo romeo@example.test/orchard
 *     [xmpp] Juliet juliet@example.test/balcony
 *     Romeo connects
 *     Juliet connects
 *     Romeo sends: <message to='juliet@example.test/balcony'><body>But soft!</body></message>
 *     Juliet signs out
 *
 * Without --host it talks to a server of its own, on which everybody exists.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Element } from '#xml/element.ts';
import { serialize } from '#xml/serializer.ts';
import { type InProcess, startInProcess } from '../test/support/in-process.ts';
import { TestClient } from '../test/support/test-client.ts';

interface Actor {
  person: string;
  resource: string;
  client?: TestClient;
}

const { values: options } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string', default: '5223' },
    domain: { type: 'string', default: 'example.test' },
    password: { type: 'string', default: '' },
  },
});
const ACTOR = /^\[xmpp\]\s+(\S+)\s+([^@\s]+)@[^/\s]+\/(\S+)$/;
const STEP = /^(\w+) (connects|signs out|loses the connection|sends:)\s*(.*)$/;

const actors = new Map<string, Actor>();
let own: InProcess | undefined;
let begun = false;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
process.exitCode = 0;
try {
  say('# What happens here (RFC or XEP, section)');
  for await (const line of createInterface({ input: process.stdin })) await take(line.trim());
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  for (const { client } of actors.values()) client?.drop();
  await own?.stop();
}

async function take(line: string): Promise<void> {
  const [, name, person, resource] = ACTOR.exec(line) ?? [];
  if (name !== undefined) actors.set(name, { person: person!, resource: resource! });
  if (line === '' || line.startsWith('#') || name !== undefined) return say(line);
  if (!begun) say('---');
  begun = true;
  const [, who = '', what, xml = ''] = STEP.exec(line) ?? [];
  const actor = actors.get(who);
  if (what === undefined || actor === undefined) throw new Error(`not understood: ${line}`);
  say(`${who} ${what}`);
  if (what === 'connects') actor.client = await signIn(actor);
  else if (actor.client === undefined) throw new Error(`${who} is not connected`);
  else if (what === 'sends:') {
    say(`    ${xml}`);
    actor.client.send(xml);
    // What he said has been dealt with once he is answered.
    await tell(who, actor.client);
  } else {
    if (what === 'signs out') await actor.client.close();
    else actor.client.drop();
    delete actor.client;
  }
  for (const [name, { client }] of actors) if (client !== undefined && name !== who) await tell(name, client);
}

async function signIn({ person, resource }: Actor): Promise<TestClient> {
  const { host, port, domain, password } = options;
  if (host === undefined) {
    own ??= await startInProcess({ people: [...new Set([...actors.values()].map((actor) => actor.person))] });
    return own.signIn(person, resource);
  }
  const client = await TestClient.connect({ host, port: Number(port), tls: 'direct', domain });
  await client.authenticate(person, password);
  await client.bind(resource);
  return client;
}

async function tell(who: string, client: TestClient): Promise<void> {
  for (const stanza of await client.rest())
    say(`${who} receives:\n    ${serialize(timeless(stanza), 'jabber:client')}`);
}

/** Without what is another each time: times, versions, and ids that the server makes. */
function timeless({ name, ns, attributes, children }: Element): Element {
  const ofServer = name === 'stanza-id' || (name === 'iq' && attributes.type === 'set');
  const changing = new Set(['stamp', 'ver', 'timestamp', ...(ofServer ? ['id'] : [])]);
  const entries = Object.entries(attributes).map(([key, value]) => [key, changing.has(key) ? '{any}' : value] as const);
  const inside = children.map((child) => (typeof child === 'string' ? child : timeless(child)));
  return new Element(name, ns, Object.fromEntries(entries), inside);
}
