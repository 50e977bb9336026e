"""XEP-0160 §3: what comes for someone who is away waits, in order and with the time it came (XEP-0203)"""


async def check(people):
    alice = await people.sign_in('alice', 'balcony')
    dave = people.person('dave', 'hammock', plugins=['xep_0203'])
    words = [f'While you were away, {number}' for number in range(1, 6)]
    for body in words:
        alice.send_message(mto=dave.boundjid.bare, mbody=body, mtype='chat')
    await alice.settle()

    await dave.sign_in()
    await dave.expect('message', dave.text(words[-1]))
    received = dave.saw('message', lambda message: message['body'] in words)
    assert [message['body'] for message in received] == words, received
    assert all(message['delay']['stamp'] is not None for message in received), received[0]
    await dave.sign_out()

    once = await people.sign_in('dave', 'hammock')
    await once.settle()
    assert not once.saw('message', lambda message: message['body'] in words), 'delivered again'
