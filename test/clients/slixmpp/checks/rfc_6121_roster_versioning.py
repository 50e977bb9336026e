"""RFC 6121 §2.6: who already has the latest roster gets an empty answer, and pushes carry the version"""

CONTACT = 'friar@elsewhere.example'


async def check(people):
    alice = await people.sign_in('alice', 'balcony', plugins=['feature_rosterver'])
    assert 'rosterver' in alice.features, alice.features
    await alice.update_roster(CONTACT, name='Laurence')
    push = await alice.expect('roster_update', lambda iq: CONTACT in iq['roster']['items'])
    version = push['roster']['ver']
    assert version, push

    again = alice.make_iq_get()
    again['roster']['ver'] = version
    answer = await again.send()
    assert answer.xml.find('{jabber:iq:roster}query') is None, f'not an empty answer: {answer}'

    outdated = alice.make_iq_get()
    outdated['roster']['ver'] = ''
    whole = await outdated.send()
    assert CONTACT in whole['roster']['items'], whole
    assert whole['roster']['ver'] == version, whole
    await alice.del_roster_item(CONTACT)
