"""XEP-0198 §5: a session survives the loss of its connection, with what was sent in between and nothing twice"""

PLUGINS = ['xep_0198']


async def check(people):
    alice = await people.sign_in('alice', 'balcony')
    dave = await people.sign_in('dave', 'train', PLUGINS)
    enabled = await dave.expect('sm_enabled')
    assert enabled['resume'], enabled
    address = dave.boundjid.full
    alice.send_message(mto=address, mbody='Before the tunnel', mtype='chat')
    await dave.expect('message', dave.text('Before the tunnel'))

    await dave.lose_connection()
    alice.send_message(mto=address, mbody='In the tunnel', mtype='chat')
    await alice.settle()
    dave.dial()
    await dave.expect('session_resumed')
    await dave.expect('message', dave.text('In the tunnel'))
    alice.send_message(mto=address, mbody='After the tunnel', mtype='chat')
    await dave.expect('message', dave.text('After the tunnel'))
    bodies = [message['body'] for message in dave.saw('message')]
    assert bodies == ['In the tunnel', 'After the tunnel'], bodies
    assert not dave.saw('session_start'), 'a new session instead of the old one'
