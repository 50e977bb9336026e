"""XEP-0092 §3: the server says its name and version"""


async def check(people):
    alice = await people.sign_in('alice', plugins=['xep_0092'])
    answer = await alice.plugin['xep_0092'].get_version(people.town['domain'])
    assert answer['software_version']['name'], answer
    assert answer['software_version']['version'], answer
