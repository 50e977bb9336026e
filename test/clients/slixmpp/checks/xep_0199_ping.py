"""XEP-0199 §4: the server answers a ping, its account does too, and one to another client reaches it"""

PLUGINS = ['xep_0199']


async def check(people):
    alice = await people.sign_in('alice', 'balcony', PLUGINS)
    bob = await people.sign_in('bob', 'orchard', PLUGINS)
    ping = alice.plugin['xep_0199'].send_ping
    await ping(people.town['domain'], timeout=20)
    await ping(alice.boundjid.bare, timeout=20)
    await ping(bob.boundjid.full, timeout=20)
