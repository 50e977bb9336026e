"""XEP-0077 §3.3: a password is changed; the new one opens, the old one no longer does"""


async def check(people):
    old, new = people.town['password'], 'a rose by any other name'
    carol = await people.sign_in('carol', plugins=['xep_0077'])
    await carol.plugin['xep_0077'].change_password(new, jid=people.town['domain'])
    await carol.sign_out()

    forgetful = people.person('carol')
    forgetful.dial()
    await forgetful.expect('failed_all_auth')

    again = await people.sign_in('carol', plugins=['xep_0077'], password=new)
    await again.plugin['xep_0077'].change_password(old, jid=people.town['domain'])
