"""XEP-0049 §2: private data is kept and given back, and what was never stored is empty"""

from xml.etree.ElementTree import Element, SubElement

NS = 'jabber:iq:private'


def request(alice, kind, data):
    iq = alice.make_iq(itype=kind)
    query = Element(f'{{{NS}}}query')
    query.append(data)
    iq.append(query)
    return iq


async def check(people):
    alice = await people.sign_in('alice')
    notes = Element('{exodus:notes}notes')
    SubElement(notes, '{exodus:notes}note').text = 'Buy <poison> & think again'
    await request(alice, 'set', notes).send()
    answer = await request(alice, 'get', Element('{exodus:notes}notes')).send()
    note = answer.xml.find(f'{{{NS}}}query/{{exodus:notes}}notes/{{exodus:notes}}note')
    assert note is not None and note.text == 'Buy <poison> & think again', answer

    nothing = await request(alice, 'get', Element('{exodus:other}other')).send()
    kept = nothing.xml.find(f'{{{NS}}}query/{{exodus:other}}other')
    assert kept is not None and len(kept) == 0, nothing
