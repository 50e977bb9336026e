"""XEP-0054 §3: someone publishes a vCard, others read it, and nobody writes another's"""

from slixmpp.exceptions import IqError

from person import error_condition

PLUGINS = ['xep_0054']


async def check(people):
    alice = await people.sign_in('alice', plugins=PLUGINS)
    bob = await people.sign_in('bob', plugins=PLUGINS)
    card = alice.plugin['xep_0054'].make_vcard()
    card['FN'] = 'Juliet Capulet'
    card['NICKNAME'] = 'Jule'
    await alice.plugin['xep_0054'].publish_vcard(card)
    seen = await bob.plugin['xep_0054'].get_vcard(jid=alice.boundjid.bare, local=False)
    assert seen['vcard_temp']['FN'] == 'Juliet Capulet', seen

    forged = bob.make_iq_set(ito=alice.boundjid.bare)
    forged['vcard_temp']['FN'] = 'A Montague'
    try:
        raise AssertionError(f'someone else wrote the vCard: {await forged.send()}')
    except IqError as error:
        assert error_condition(error) in ('forbidden', 'not-allowed', 'service-unavailable'), error.iq
    again = await bob.plugin['xep_0054'].get_vcard(jid=alice.boundjid.bare, local=False)
    assert again['vcard_temp']['FN'] == 'Juliet Capulet', again
