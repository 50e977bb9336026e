"""XEP-0198 §4: the server acknowledges what it took over, stanza by stanza and in order"""

import asyncio


async def check(people):
    alice = await people.sign_in('alice', 'balcony', ['xep_0198'])
    bob = await people.sign_in('bob', 'orchard')
    await alice.expect('sm_enabled')
    words = [f'Number {number}' for number in range(1, 21)]
    for body in words:
        alice.send_message(mto=bob.boundjid.bare, mbody=body, mtype='chat')
    await alice.settle()
    for _ in range(100):
        if alice.saw('stanza_acked', alice.text(words[-1])):
            break
        alice.plugin['xep_0198'].request_ack()
        await asyncio.sleep(0.1)
    acknowledged = [stanza['body'] for stanza in alice.saw('stanza_acked') if stanza.name == 'message']
    assert acknowledged == words, acknowledged
    await bob.expect('message', bob.text(words[-1]))
    assert [m['body'] for m in bob.saw('message', lambda m: m['body'] in words)] == words
