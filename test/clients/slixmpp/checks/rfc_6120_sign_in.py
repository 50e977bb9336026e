"""RFC 6120 §5 and XEP-0368: a client signs in over STARTTLS and over direct TLS, and a wrong password is refused"""


async def check(people):
    for tls in ('starttls', 'direct'):
        alice = await people.sign_in('alice', f'over-{tls}', tls=tls)
        assert alice.boundjid.full == f"alice@{people.town['domain']}/over-{tls}", alice.boundjid.full

    mallory = people.person('alice', password='a guess')
    mallory.dial()
    await mallory.expect('failed_all_auth')
    assert not mallory.saw('session_start')
