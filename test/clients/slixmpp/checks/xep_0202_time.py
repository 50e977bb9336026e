"""XEP-0202 §3: the server says what time it is, with its zone"""

import re

UTC = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z'
ZONE = r'Z|[+-]\d\d:\d\d'


async def check(people):
    alice = await people.sign_in('alice', plugins=['xep_0202'])
    answer = await alice.plugin['xep_0202'].get_entity_time(people.town['domain'])
    # The library's own accessor takes no 'Z' at the end, which XEP-0082 demands.
    utc, zone = (answer.xml.findtext(f'.//{{urn:xmpp:time}}{name}') for name in ('utc', 'tzo'))
    assert re.fullmatch(UTC, utc), answer
    assert re.fullmatch(ZONE, zone), answer
