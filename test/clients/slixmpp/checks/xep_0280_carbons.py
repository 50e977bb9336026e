"""XEP-0280 §6 to §8: what one device receives or sends, the others of the same person get a copy of"""

PLUGINS = ['xep_0280']


async def check(people):
    desk = await people.sign_in('alice', 'desk', PLUGINS)
    phone = await people.sign_in('alice', 'phone', PLUGINS)
    bob = await people.sign_in('bob', 'orchard')
    for device in (desk, phone):
        await device.plugin['xep_0280'].enable()

    bob.send_message(mto=desk.boundjid.full, mbody='To the desk', mtype='chat')
    await desk.expect('message', desk.text('To the desk'))
    copy = await phone.expect('carbon_received', lambda m: m['carbon_received']['body'] == 'To the desk')
    assert copy['carbon_received']['from'] == bob.boundjid.full, copy

    desk.send_message(mto=bob.boundjid.full, mbody='From the desk', mtype='chat')
    await bob.expect('message', bob.text('From the desk'))
    await phone.expect('carbon_sent', lambda m: m['carbon_sent']['body'] == 'From the desk')
    await desk.settle()
    assert not desk.saw('carbon_sent'), 'a copy for the device that sent it'

    await phone.plugin['xep_0280'].disable()
    bob.send_message(mto=desk.boundjid.full, mbody='Only to the desk', mtype='chat')
    await desk.expect('message', desk.text('Only to the desk'))
    await phone.settle()
    assert not phone.saw('carbon_received', lambda m: m['carbon_received']['body'] == 'Only to the desk')
