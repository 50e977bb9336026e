"""XEP-0352 §4: a client that says that it is inactive still gets its messages, and its presence once it is back"""

from person import befriend


async def check(people):
    alice = await people.sign_in('alice', 'phone', ['xep_0352'])
    bob = await people.sign_in('bob', 'orchard')
    assert alice.plugin['xep_0352'].enabled, 'not offered'
    await befriend(alice, bob)
    alice.plugin['xep_0352'].send_inactive()
    bob.send_presence(pshow='dnd', pstatus='Busy')
    bob.send_message(mto=alice.boundjid.bare, mbody='Wake up', mtype='chat')
    await alice.expect('message', alice.text('Wake up'))
    alice.plugin['xep_0352'].send_active()
    await alice.expect('presence', lambda p: p['from'] == bob.boundjid and p['type'] == 'dnd')
