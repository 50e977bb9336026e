"""RFC 6121 §2: contacts are added, changed and removed, and every interested resource is told"""

CONTACT = 'nurse@elsewhere.example'


def push(**expected):
    """A roster push; an item that was removed has no name."""
    def matches(iq):
        item = iq['roster']['items'].get(CONTACT)
        return iq['type'] == 'set' and item is not None and all(item[key] == value for key, value in expected.items())
    return matches


async def check(people):
    alice = await people.sign_in('alice', 'balcony')
    phone = await people.sign_in('alice', 'phone')
    await alice.update_roster(CONTACT, name='Angelica', groups=['Household', 'Verona'])
    await phone.expect('roster_update', push(name='Angelica', subscription='none'))
    await alice.update_roster(CONTACT, name='The nurse', groups=['Household'])
    await phone.expect('roster_update', push(name='The nurse', groups=['Household']))

    roster = await phone.contacts()
    assert roster[CONTACT]['name'] == 'The nurse', roster
    assert roster[CONTACT]['groups'] == ['Household'], roster

    await alice.del_roster_item(CONTACT)
    await phone.expect('roster_update', push(subscription='remove'))
    assert CONTACT not in await phone.contacts()
