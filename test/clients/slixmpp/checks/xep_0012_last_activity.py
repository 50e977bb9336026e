"""XEP-0012 §4 and §5: the server tells its uptime, and a contact when someone was last seen"""

from slixmpp.exceptions import IqError

from person import befriend, error_condition, from_whom

PLUGINS = ['xep_0012']


async def check(people):
    alice = await people.sign_in('alice', 'balcony', PLUGINS)
    bob = await people.sign_in('bob', 'orchard', PLUGINS)
    last_activity = alice.plugin['xep_0012'].get_last_activity
    uptime = await last_activity(people.town['domain'])
    assert uptime['last_activity']['seconds'] >= 0, uptime

    try:
        refused = await last_activity(bob.boundjid.bare)
        raise AssertionError(f'told to someone without a subscription: {refused}')
    except IqError as error:
        assert error_condition(error) in ('forbidden', 'subscription-required', 'service-unavailable'), error.iq

    await befriend(alice, bob)
    bob.send_presence(ptype='unavailable', pstatus='Parting is such sweet sorrow')
    await alice.expect('presence', from_whom(bob, 'unavailable'))
    await bob.sign_out()
    seen = await last_activity(bob.boundjid.bare)
    assert seen['last_activity']['seconds'] >= 0, seen
    assert seen['last_activity']['status'] in ('', 'Parting is such sweet sorrow'), seen
