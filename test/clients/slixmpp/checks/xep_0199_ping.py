"""XEP-0199 §4: the server answers a ping, its account does too, and one to a contact's client reaches it"""

from person import befriend

PLUGINS = ['xep_0199']


async def check(people):
    alice = await people.sign_in('alice', 'balcony', PLUGINS)
    bob = await people.sign_in('bob', 'orchard', PLUGINS)
    # RFC 6121 §8.5.3.1: only who may see the other's presence reaches a client with a request.
    await befriend(alice, bob)
    ping = alice.plugin['xep_0199'].send_ping
    await ping(people.town['domain'], timeout=20)
    await ping(alice.boundjid.bare, timeout=20)
    await ping(bob.boundjid.full, timeout=20)
