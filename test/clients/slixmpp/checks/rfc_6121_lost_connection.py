"""RFC 6121 §4.5.2: who loses the connection (and cannot resume) is shown as unavailable"""

from person import befriend, from_whom


async def check(people):
    alice = await people.sign_in('alice', 'balcony')
    bob = await people.sign_in('bob', 'orchard')
    await befriend(alice, bob)
    await alice.expect('presence', from_whom(bob, 'available'))
    await bob.lose_connection()
    await alice.expect('presence', from_whom(bob, 'unavailable'))
