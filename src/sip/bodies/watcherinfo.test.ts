import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { mergeWatcherinfo, readWatcherinfo, type Watcher, type Watcherinfo, writeWatcherinfo } from './watcherinfo.ts';

const EXAMPLE = `<?xml version="1.0"?>
  <watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full">
    <watcher-list resource="sip:professor@example.net" package="presence">
      <watcher status="active" id="8ajksjda7s" duration-subscribed="509" event="approved">sip:userA@example.net</watcher>
      <watcher status="pending" id="hh8juja87s997-ass7" display-name="Mr. Subscriber" expiration="60"
        event="subscribe">sip:userB@example.org</watcher>
    </watcher-list>
  </watcherinfo>`;

test('RFC 3858 §5: the example', () => {
  const info = readWatcherinfo(EXAMPLE);
  assert.deepEqual(info.lists[0]!.watchers, [
    { id: '8ajksjda7s', uri: 'sip:userA@example.net', status: 'active', event: 'approved', durationSeconds: 509 },
    {
      id: 'hh8juja87s997-ass7',
      uri: 'sip:userB@example.org',
      status: 'pending',
      event: 'subscribe',
      displayName: 'Mr. Subscriber',
      expirationSeconds: 60,
    },
  ]);
  assert.deepEqual(readWatcherinfo(writeWatcherinfo(info)), info);
});

const watcher = (id: string, status: Watcher['status'], event: Watcher['event'] = 'subscribe'): Watcher => ({
  id,
  uri: `sip:${id}`,
  status,
  event,
});
const info = (version: number, isFull: boolean, ...watchers: Watcher[]): Watcherinfo => ({
  version,
  isFull,
  lists: [{ resource: 'sip:p', package: 'presence', watchers }],
});

test('RFC 3858 §4.1: partial documents change the state, in their order only', () => {
  const first = mergeWatcherinfo(undefined, info(0, true, watcher('a', 'active'), watcher('b', 'pending')));
  assert.ok(typeof first === 'object');
  const second = mergeWatcherinfo(
    first,
    info(1, false, watcher('b', 'terminated', 'rejected'), watcher('c', 'active')),
  );
  assert.deepEqual(second, info(1, true, watcher('a', 'active'), watcher('c', 'active')));
  assert.equal(mergeWatcherinfo(second as Watcherinfo, info(1, false)), 'ignore');
  assert.equal(mergeWatcherinfo(second as Watcherinfo, info(3, false)), 'refresh');
  assert.equal(mergeWatcherinfo(undefined, info(0, false)), 'refresh');
  assert.deepEqual(mergeWatcherinfo(second as Watcherinfo, info(9, true)), info(9, true));
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['no version', EXAMPLE.replace('version="0"', 'version="-1"'), 'Bad watcherinfo: it has no version'],
  ['no state', EXAMPLE.replace('"full"', '"some"'), 'Bad watcherinfo: its state is neither full nor partial'],
  ['no resource', EXAMPLE.replace(' resource=', ' r='), 'Bad watcherinfo: a list has no resource or no package'],
  ['another status', EXAMPLE.replace('"active"', '"asleep"'), 'Bad watcherinfo: a watcher has no id, status or event'],
];

describe('documents that are refused', () => {
  for (const [title, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readWatcherinfo(body),
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
});
