"""A person moved by another process: takes commands as lines of JSON and says in the same way what happens.

Usage: talk.py TOWN_AS_JSON NAME RESOURCE starttls|direct
"""

import asyncio
import json
import logging
import sys

from person import Person

PLUGINS = ['xep_0191', 'xep_0203', 'xep_0313', 'xep_0359', 'xep_0199']


def say(saw, **what):
    print(json.dumps({'saw': saw, **what}), flush=True)


def report(person):
    person.add_event_handler('message', lambda m: say(
        'message', sender=m['from'].bare, body=m['body'], stanzaId=m['stanza_id']['id'],
        delayed=m.get_plugin('delay', check=True) is not None))
    person.add_event_handler('presence', lambda p: say(
        'presence', sender=p['from'].bare, type=p['type'], status=p['status']))


async def history(person, contact):
    bodies = []
    async for message in person.plugin['xep_0313'].iterate(with_jid=contact, rsm={'max': 5}):
        bodies.append(message['mam_result']['forwarded']['stanza']['body'])
    say('history', bodies=bodies)


async def obey(person, do, to=None, **more):
    if do == 'message':
        person.send_message(mto=to, mbody=more['body'], mtype='chat')
    elif do == 'presence':
        person.send_presence(pto=to, ptype=more.get('type'), pshow=more.get('show'), pstatus=more.get('status'))
    elif do == 'history':
        await history(person, to)
    elif do in ('block', 'unblock'):
        await getattr(person.plugin['xep_0191'], do)(to)
        say(do + 'ed')
    elif do == 'settle':
        await person.settle()
        say('settled')
    else:
        raise ValueError(f'what is {do}?')


async def main():
    town, name, resource, tls = sys.argv[1:]
    person = Person(json.loads(town), name, resource, PLUGINS)
    report(person)
    await person.sign_in(tls)
    say('signed-in', address=person.boundjid.full)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        await obey(person, **json.loads(line))
    await person.sign_out()


logging.basicConfig(level=logging.ERROR)
asyncio.get_event_loop().run_until_complete(main())
