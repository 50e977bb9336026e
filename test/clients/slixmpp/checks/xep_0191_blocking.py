"""XEP-0191 §3: messages of a blocked address are refused, every resource is told, and unblocking ends it"""

from slixmpp import JID

PLUGINS = ['xep_0191']


async def check(people):
    alice = await people.sign_in('alice', 'balcony', PLUGINS)
    phone = await people.sign_in('alice', 'phone', PLUGINS)
    bob = await people.sign_in('bob', 'orchard')
    blocking = alice.plugin['xep_0191']
    await phone.plugin['xep_0191'].get_blocked()
    await blocking.block(bob.boundjid.bare)
    try:
        await phone.expect('blocked')
        listed = (await blocking.get_blocked())['blocklist']['items']
        assert JID(bob.boundjid.bare) in listed, listed
        bob.send_message(mto=alice.boundjid.bare, mbody='Let me in', mtype='chat')
        await bob.expect('message_error', lambda m: m['error']['condition'] == 'service-unavailable')
    finally:
        await blocking.unblock(bob.boundjid.bare)
    await phone.expect('unblocked')
    assert not alice.saw('message', alice.text('Let me in'))
    bob.send_message(mto=alice.boundjid.bare, mbody='May I now?', mtype='chat')
    await alice.expect('message', alice.text('May I now?'))
