"""RFC 6121 §3 and §4: two people subscribe to each other, see each other come, change and go, and part"""

from person import befriend, from_whom


async def check(people):
    alice = await people.sign_in('alice', 'balcony')
    bob = await people.sign_in('bob', 'orchard')
    await befriend(alice, bob)
    roster = await alice.contacts()
    assert roster[bob.boundjid.bare]['subscription'] == 'both', roster

    bob.send_presence(pshow='away', pstatus='In the orchard')
    away = await alice.expect('presence', lambda p: p['from'] == bob.boundjid and p['type'] == 'away')
    assert away['status'] == 'In the orchard', away

    phone = await people.sign_in('alice', 'phone')
    await phone.expect('presence', lambda p: p['from'] == bob.boundjid and p['type'] == 'away', 'on arrival')
    await bob.sign_out()
    await phone.expect('presence', from_whom(bob, 'unavailable'))
    await phone.del_roster_item(bob.boundjid.bare)
    assert bob.boundjid.bare not in await alice.contacts()
    await bob.sign_in()
    await bob.settle()
    assert (await bob.contacts())[alice.boundjid.bare]['subscription'] == 'none', await bob.contacts()
