"""XEP-0115 §5: a contact gets the capabilities that a client sends with its presence, and reads them by disco"""

from person import befriend

PLUGINS = ['xep_0030', 'xep_0115', 'xep_0199']


async def check(people):
    alice = await people.sign_in('alice', 'balcony', PLUGINS)
    bob = await people.sign_in('bob', 'orchard', PLUGINS)
    await befriend(alice, bob)
    await bob.plugin['xep_0115'].update_caps()
    bob.send_presence(pstatus='With capabilities')
    presence = await alice.expect('presence', lambda p: p['status'] == 'With capabilities')
    assert presence['caps']['ver'], presence
    node = f"{presence['caps']['node']}#{presence['caps']['ver']}"
    info = await alice.plugin['xep_0030'].get_info(jid=bob.boundjid.full, node=node)
    assert 'urn:xmpp:ping' in info['disco_info']['features'], info
