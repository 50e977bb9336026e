"""A person with a client made of slixmpp, who remembers everything that happens and can wait for what should."""

import asyncio
import ssl
import sys

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout

# For conditions that come about when they come about; a deadline, not a measure.
PATIENCE_SECONDS = 20

REMEMBERED = (
    'message', 'message_error', 'presence', 'roster_update', 'stanza_acked', 'session_resumed', 'sm_enabled', 'sm_failed',
    'carbon_received', 'carbon_sent', 'failed_all_auth', 'disconnected', 'session_start', 'got_offline',
    'blocked', 'unblocked',
)


class Person(ClientXMPP):
    """town: {host, c2s, c2sDirectTls, domain, password}, as the test that starts us wrote it."""

    def __init__(self, town, name, resource=None, plugins=(), password=None):
        address = f"{name}@{town['domain']}" + (f'/{resource}' if resource else '')
        super().__init__(address, password or town['password'], sasl_mech=None)
        self.town = town
        self.happened = []
        self.changed = asyncio.Event()
        # Subscriptions are answered by the checks, not by the library.
        self.roster.auto_authorize = None
        self.roster.auto_subscribe = False
        for plugin in plugins:
            self.register_plugin(plugin)
        for kind in REMEMBERED:
            self.add_event_handler(kind, lambda event, kind=kind: self.remember(kind, event))
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE

    def remember(self, kind, event):
        self.happened.append((kind, event))
        self.changed.set()

    async def expect(self, kind, matches=lambda event: True, what=''):
        """The first event of that kind that matches, whether it has happened already or is still to come."""
        async def look():
            while True:
                self.changed.clear()
                for seen, event in self.happened:
                    if seen == kind and matches(event):
                        return event
                await self.changed.wait()
        try:
            return await asyncio.wait_for(look(), PATIENCE_SECONDS)
        except asyncio.TimeoutError:
            story = '\n'.join(f'  {seen} {event}' for seen, event in self.happened[-15:])
            raise AssertionError(f'{self.boundjid}: no {kind} {what}; what happened:\n{story}') from None

    def saw(self, kind, matches=lambda event: True):
        return [event for seen, event in self.happened if seen == kind and matches(event)]

    def text(self, body):
        """For `expect('message', person.text('...'))`."""
        return lambda message: message['body'] == body

    def dial(self, tls='starttls'):
        past = ('session_start', 'disconnected', 'failed_all_auth')
        self.happened = [(kind, event) for kind, event in self.happened if kind not in past]
        port = self.town['c2sDirectTls' if tls == 'direct' else 'c2s']
        self.connect((self.town['host'], port), use_ssl=tls == 'direct')

    async def sign_in(self, tls='starttls', presence=True, roster=True):
        """Connects and waits for the session; then asks for the roster and becomes available."""
        self.dial(tls)
        await self.expect_session()
        if roster:
            await self.get_roster()
        if presence:
            self.send_presence()
            await self.settle()
        return self

    async def expect_session(self):
        """Fails at once where the server refuses, instead of waiting for what will not come."""
        kinds = ('session_start', 'failed_all_auth', 'disconnected')
        waiting = [asyncio.ensure_future(self.expect(kind)) for kind in kinds]
        done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for other in others:
            other.cancel()
        started = waiting[0]
        assert started in done and not started.exception(), f'{self.boundjid} cannot sign in: {self.happened}'

    async def settle(self):
        """Everything sent before was handled: requests are answered in order, and an unknown one is refused."""
        request = self.make_iq_get(queryxmlns='rollcall:settle', ito=self.boundjid.bare)
        try:
            await request.send(timeout=PATIENCE_SECONDS)
        except IqError:
            pass

    async def contacts(self):
        """The whole contact list as the server has it, by bare JID."""
        request = self.make_iq_get()
        request.enable('roster')
        return (await request.send(timeout=PATIENCE_SECONDS))['roster']['items']

    async def lose_connection(self):
        """As in a tunnel: no end of the stream, and later events are those of the next connection."""
        self.happened.clear()
        self.abort()
        await self.expect('disconnected')

    async def sign_out(self):
        if self.transport:
            self.disconnect(wait=2.0)
            await self.expect('disconnected')


class People:
    """Those of one check; at its end all sign out, and their contact lists are empty."""

    def __init__(self, town):
        self.town = town
        self.everyone = []

    def person(self, name, resource=None, plugins=(), password=None):
        person = Person(self.town, name, resource, plugins, password)
        self.everyone.append(person)
        return person

    async def sign_in(self, name, resource=None, plugins=(), password=None, **how):
        return await self.person(name, resource, plugins, password).sign_in(**how)

    async def leave(self):
        for person in self.everyone:
            try:
                if person.is_connected() and person.saw('session_start'):
                    for contact in await person.contacts():
                        await person.del_roster_item(contact)
                await person.sign_out()
            except (AssertionError, IqError, IqTimeout) as error:
                print(f'{person.boundjid} left in a hurry: {error}', file=sys.stderr)
                person.abort()


async def befriend(one, other):
    """Both see each other's presence afterwards (RFC 6121 §3)."""
    for asks, answers in ((one, other), (other, one)):
        asks.send_presence(pto=answers.boundjid.bare, ptype='subscribe')
        await answers.expect('presence', from_whom(asks, 'subscribe'), 'that asks for a subscription')
        answers.send_presence(pto=asks.boundjid.bare, ptype='subscribed')
        await asks.expect('presence', from_whom(answers, 'subscribed'), 'that grants the subscription')


def from_whom(person, kind):
    return lambda presence: presence['from'].bare == person.boundjid.bare and presence['type'] == kind


def error_condition(error):
    """What an IqError says: its defined condition (RFC 6120 §8.3.3)."""
    return error.iq['error']['condition']
