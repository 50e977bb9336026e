"""XEP-0313 §5 and XEP-0441 §2: someone asks how far the archive reaches, and says what is to be archived"""

PLUGINS = ['xep_0313', 'xep_0441']


async def check(people):
    alice = await people.sign_in('alice', 'balcony', PLUGINS)
    bob = await people.sign_in('bob', 'orchard')
    alice.send_message(mto=bob.boundjid.bare, mbody='Let us begin', mtype='chat')
    await bob.expect('message', bob.text('Let us begin'))
    await alice.settle()
    metadata = (await alice.plugin['xep_0313'].get_archive_metadata())['mam_metadata']
    assert metadata['start']['id'] and metadata['end']['id'], metadata
    assert metadata['start']['timestamp'] <= metadata['end']['timestamp'], metadata

    preferences = alice.plugin['xep_0441']
    default, always, never = await preferences.get_preferences()
    await preferences.set_preferences(default='always', always=[], never=[bob.boundjid.bare])
    changed = await preferences.get_preferences()
    assert changed[0] == 'always' and changed[2] == {bob.boundjid.bare}, changed
    await preferences.set_preferences(default, list(always), list(never))
