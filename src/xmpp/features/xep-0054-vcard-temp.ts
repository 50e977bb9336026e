/**
 * XEP-0054: vcard-temp, version 1.3.0.
 * Everybody publishes a card about oneself, which anyone may read; the server has one too.
 */
import { accountTable } from '#accounts/account-tables.ts';
import type { Home } from '#accounts/home.ts';
import { integer, text } from '#base/settings.ts';
import { type Element, element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { type IqRequest, xmppFeature } from '../feature.ts';
import { StanzaError } from '../wire/stanza-error.ts';

const NS = 'vcard-temp';
const PLACE = { ns: NS, name: 'vCard', at: 'both', by: 'anyone' } as const;

accountTable('vcards', 'account');

const SELECT = 'select card from vcards where account = ?';
const PUT = 'insert into vcards (account, card) values (?, ?) on conflict (account) do update set card = excluded.card';
const DELETE = 'delete from vcards where account = ?';

export const vcardTemp = xmppFeature({
  spec: 'XEP-0054',
  title: 'vcard-temp',
  version: '1.3.0',
  status: 'complete',
  note: 'An empty card is none.',
  disco: [NS],
  settings: {
    maxBytes: integer({ default: 131_072, min: 1024, max: 16_777_216, unit: 'bytes', help: 'The largest vCard.' }),
    organization: text({ default: '', help: "Who runs the server, for the server's own vCard." }),
    url: text({ default: '', help: "A web page about the server, for the server's own vCard." }),
    description: text({ default: '', help: "What the server is for, for the server's own vCard." }),
  },
  setup({ settings, onIqGet, onIqSet }) {
    onIqGet(PLACE, (iq) => (iq.to?.local === '' ? serverCard(iq.to.domain, settings) : getCard(iq)));
    // §3.2. Also where there is no such account, so that nobody learns who has one.
    const otherwise = () => {
      throw new StanzaError('forbidden', { text: 'A vCard is changed by its owner.' });
    };
    onIqSet({ ...PLACE, otherwise }, ({ isOwner, home, payload }) =>
      isOwner ? setCard(home, payload, settings.maxBytes) : otherwise(),
    );
  },
});

/** §3.1, §3.3: others cannot tell who has no card from who does not exist. */
async function getCard({ home, isOwner }: IqRequest): Promise<Element> {
  const [row] = await home.homes.database.read(SELECT, [home.account.id]);
  if (row === undefined) throw new StanzaError(isOwner ? 'item-not-found' : 'service-unavailable');
  return parseElement(row.card as string);
}

/** §3.2: always the whole card. It is on disk when this resolves. */
async function setCard({ homes, account }: Home, card: Element, maxBytes: number): Promise<undefined> {
  if (card.elements().length === 0) {
    await homes.database.write({ sql: DELETE, values: [account.id] });
    return;
  }
  const written = serialize(card);
  if (Buffer.byteLength(written) > maxBytes) {
    throw new StanzaError('policy-violation', { text: `A vCard has ${maxBytes} bytes at most. Is the photo large?` });
  }
  await homes.database.write({ sql: PUT, values: [account.id, written] });
}

/** §3.3, at its end. */
function serverCard(domain: string, about: { organization: string; url: string; description: string }): Element {
  const { organization, url, description } = about;
  const field = (name: string, value: string) => (value === '' ? undefined : element(name, NS, {}, value));
  const organizationName = field('ORGNAME', organization);
  return element(
    'vCard',
    NS,
    {},
    element('FN', NS, {}, domain),
    element('N', NS),
    organizationName && element('ORG', NS, {}, organizationName),
    field('URL', url),
    element('JABBERID', NS, {}, domain),
    field('DESC', description),
  );
}
