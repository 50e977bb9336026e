"""XEP-0313 §4 and XEP-0359: both people find what they said in their archives, page by page, under its stanza-id"""

from uuid import uuid4

PLUGINS = ['xep_0313', 'xep_0359', 'xep_0334']
PAGE = 3


async def history(person, contact, **more):
    """(archive id, body), oldest first."""
    found = []
    archive = person.plugin['xep_0313'].iterate(with_jid=contact.boundjid.bare, rsm={'max': PAGE}, **more)
    async for message in archive:
        result = message['mam_result']
        found.append((result['id'], result['forwarded']['stanza']['body']))
    return found


async def check(people):
    alice = await people.sign_in('alice', 'balcony', PLUGINS)
    bob = await people.sign_in('bob', 'orchard', PLUGINS)
    token = uuid4().hex
    words = [f'{token} {number}' for number in range(1, 9)]
    for number, body in enumerate(words):
        speaker, listener = (alice, bob) if number % 2 == 0 else (bob, alice)
        speaker.send_message(mto=listener.boundjid.bare, mbody=body, mtype='chat')
        await listener.expect('message', listener.text(body))
    secret = alice.make_message(mto=bob.boundjid.bare, mbody=f'{token} not to be kept', mtype='chat')
    secret.enable('no-store')
    secret.send()
    await bob.expect('message', bob.text(f'{token} not to be kept'))
    for person in (alice, bob):
        await person.settle()

    for person, contact in ((alice, bob), (bob, alice)):
        kept = [entry for entry in await history(person, contact) if token in entry[1]]
        assert [body for _, body in kept] == words, kept
        ids = dict((body, archive_id) for archive_id, body in kept)
        assert len(set(ids.values())) == len(words), ids
        for message in person.saw('message', lambda m: m['body'] in words):
            assert message['stanza_id']['id'] == ids[message['body']], (message, ids)
            assert message['stanza_id']['by'] == person.boundjid.bare, message

    backwards = [body for _, body in await history(alice, bob, reverse=True) if token in body]
    assert sorted(backwards) == sorted(words), backwards
