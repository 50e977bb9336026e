import fc from 'fast-check';
import { grant, readRates } from '#sip/features/rfc-6446-rate-control/rate.ts';
import { qualityOf } from '#sip/features/rfc-6665-subscribe/accept.ts';
import { parseEvent, writeEvent } from '#sip/features/rfc-6665-subscribe/event-header.ts';
import { type Codec, law } from './codec.ts';

const rate = fc.oneof(
  fc.constantFrom('0', '0.1', '99.0000000001', '100', '-1', '1e3', ''),
  fc.stringMatching(/^[0-9.]{0,6}$/),
);
const PARAMS = ['id', 'max-rate', 'min-rate', 'adaptive-min-rate', 'ID ', 'x'];

/** The Event header, with what RFC 6446 adds to it. */
const sipEvent: Codec = {
  name: 'sip-event',
  seeds: ['presence', 'presence.winfo;id=7', 'presence ; max-rate = 0.05;min-rate=1;adaptive-min-rate=0.3'],
  words: [';', '=', ' ', '\t', '.', 'id=', 'max-rate=', 'min-rate=0', '0.0000000001', '\xa0', '"'],
  grammar: fc
    .tuple(fc.constantFrom('presence', 'reg', 'a b', ''), fc.array(fc.tuple(fc.constantFrom(...PARAMS), rate)))
    .map(([name, params]) => [name, ...params.map(([key, value]) => `${key}=${value}`)].join(';')),
  check(input) {
    const event = parseEvent(input.toString('latin1'));
    if (event === undefined) return 'refused';
    const again = parseEvent(writeEvent(event));
    law(again?.eventPackage === event.eventPackage && again.id === event.id, 'it is another subscription');
    const granted = grant(readRates(event), 0.2);
    if (granted === undefined) return `${event.id === ''}`;
    const due = granted.sent(0);
    law(granted.gapMs >= 0 && granted.gapMs <= 2 ** 31, 'the gap is none');
    law(due === undefined || (due > 0 && due >= granted.gapMs), 'it is due before it may be');
    law(!/e|NaN|Infinity/.test(granted.params.replace(/[a-z-]*rate/g, '')), 'a rate is written as no decimal');
    return `${event.id === ''} ${granted.params.replace(/[0-9.]+/g, '0')} ${due === undefined}`;
  },
};

const TYPES = ['application/pidf+xml', 'application/pidf-diff+xml'];

const sipAccept: Codec = {
  name: 'sip-accept',
  seeds: ['application/pidf+xml;q=0.3, application/pidf-diff+xml;q=1', '*/*', 'application/*;q=0'],
  words: [',', ';', 'q=', 'q=1.1', 'q=NaN', ' ', '*', '/', ...TYPES],
  grammar: fc
    .array(
      fc.tuple(fc.constantFrom(...TYPES, 'application/*', '*/*', 'a/b'), fc.float({ min: 0, max: 2, noNaN: true })),
    )
    .map((list) => list.map(([type, q]) => `${type};q=${q}`).join(', ')),
  check(input) {
    const qualities = TYPES.map((type) => qualityOf(input.toString('latin1').toLowerCase(), type));
    for (const quality of qualities) law(quality >= 0 && quality <= 1, 'it is wanted more than most, or less than not');
    return qualities.map((quality) => Math.ceil(quality)).join();
  },
};

export const eventCodecs: readonly Codec[] = [sipEvent, sipAccept];
