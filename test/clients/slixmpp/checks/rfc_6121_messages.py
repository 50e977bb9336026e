"""RFC 6121 §5 and §8: two people chat both ways, to bare and to full addresses"""


async def check(people):
    alice = await people.sign_in('alice', 'balcony')
    bob = await people.sign_in('bob', 'orchard', tls='direct')
    alice.send_message(mto=bob.boundjid.bare, mbody='Wherefore <art> thou & why? 😀', mtype='chat')
    received = await bob.expect('message', bob.text('Wherefore <art> thou & why? 😀'))
    assert received['from'] == alice.boundjid.full, received
    bob.send_message(mto=received['from'], mbody='Shall I hear more?', mtype='chat')
    answer = await alice.expect('message', alice.text('Shall I hear more?'))
    assert answer['to'] == alice.boundjid.full, answer
