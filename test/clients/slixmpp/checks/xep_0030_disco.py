"""XEP-0030 §3: the server and the account say what they are and what they can do"""

OF_THE_SERVER = {
    'http://jabber.org/protocol/disco#info', 'http://jabber.org/protocol/disco#items', 'urn:xmpp:ping',
    'jabber:iq:version', 'urn:xmpp:time', 'jabber:iq:last', 'vcard-temp', 'jabber:iq:private', 'urn:xmpp:blocking',
    'urn:xmpp:carbons:2',
}
OF_THE_ACCOUNT = {'urn:xmpp:mam:2', 'urn:xmpp:sid:0'}


async def check(people):
    alice = await people.sign_in('alice', plugins=['xep_0030'])
    disco = alice.plugin['xep_0030']
    server = (await disco.get_info(jid=people.town['domain']))['disco_info']
    assert ('server', 'im') in {identity[:2] for identity in server['identities']}, server
    missing = OF_THE_SERVER - set(server['features'])
    assert not missing, f'the server does not name {missing}'

    account = (await disco.get_info(jid=alice.boundjid.bare))['disco_info']
    assert ('account', 'registered') in {identity[:2] for identity in account['identities']}, account
    missing = OF_THE_ACCOUNT - set(account['features'])
    assert not missing, f'the account does not name {missing}'
    await disco.get_items(jid=people.town['domain'])
