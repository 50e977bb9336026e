import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ctime, type NtpStatus, renderNtpStatus, type SourceStatus } from './ntp-status.ts';

const source: SourceStatus = {
  ...{ server: '10.10.10.5', remote: '10.10.10.5', tally: '*', referenceId: '.GPS.', stratum: 1, whenSeconds: 17 },
  ...{
    pollSeconds: 64,
    reach: 0o377,
    delayMs: 0.412,
    offsetMs: 0.13,
    jitterMs: 0.052,
    isAccessible: true,
    trouble: '',
  },
};
const status: NtpStatus = {
  ...{ running: true, pid: 4711, sources: [source], chosen: '10.10.10.5', stratum: 2, withinMs: 44.2, pollSeconds: 64 },
  ...{ problems: [], note: '', at: Date.UTC(2026, 2, 3, 8, 15, 30), timeZone: 'Europe/Madrid' },
};

test('a synchronised node is shown as administrators know it', () => {
  assert.equal(
    renderNtpStatus(status),
    `ntpd (pid 4711) is running...

     remote           refid      st t when poll reach   delay   offset  jitter
==============================================================================
*10.10.10.5      .GPS.            1 u   17   64  377    0.412    0.130   0.052

synchronised to NTP server (10.10.10.5) at stratum 2
   time correct to within 45 ms
   polling server every 64 s

Current time in UTC is : Tue Mar  3 08:15:30 UTC 2026
Current time in Europe/Madrid is : Tue Mar  3 09:15:30 CET 2026`,
  );
});

test('one that is not synchronised says so, and what is wrong', () => {
  const silent: SourceStatus = {
    ...{
      server: 'time.example',
      remote: 'time.example',
      tally: ' ',
      referenceId: '.INIT.',
      stratum: 16,
      pollSeconds: 8,
    },
    ...{ reach: 0, delayMs: 0, offsetMs: 0, jitterMs: 0, isAccessible: false, trouble: 'no answer' },
  };
  const { chosen: _, withinMs: __, ...rest } = status;
  const lost = { ...rest, sources: [silent], stratum: 16, pollSeconds: 8, problems: ['time: no NTP server answers'] };
  const lines = renderNtpStatus(lost).split('\n');
  assert.equal(lines[4], ' time.example    .INIT.          16 u    -    8    0    0.000    0.000   0.000');
  assert.deepEqual(lines.slice(6, 10), [
    'unsynchronised',
    '   polling server every 8 s',
    '',
    'time: no NTP server answers',
  ]);
});

test('where nothing is polled, ntpd is stopped', () => {
  const lines = renderNtpStatus({ ...status, running: false, sources: [], note: 'No NTP server is set.' }).split('\n');
  assert.deepEqual(lines.slice(0, 3), ['ntpd is stopped', '', 'No NTP server is set.']);
});

test('the columns keep their width whatever the figures are', () => {
  const wide: SourceStatus = {
    ...source,
    ...{
      remote: '[2001:db8:1:2:3:4:5:6]:1123',
      referenceId: '203.119.123.234',
      whenSeconds: 200_000,
      pollSeconds: 1024,
    },
    ...{ delayMs: 123_456.789, offsetMs: -1_234_567.89, jitterMs: 99_999.9999 },
  };
  const row = renderNtpStatus({ ...status, sources: [wide] }).split('\n')[4]!;
  assert.equal(row, '*[2001:db8:1:2:3 203.119.123.234  1 u  56h 1024  377   123457 -1234568  100000');
});

test('the time is written as date(1) writes it, with the short name of the zone', () => {
  const at = Date.UTC(2026, 6, 14, 22, 5, 6);
  assert.equal(ctime(at, 'UTC'), 'Tue Jul 14 22:05:06 UTC 2026');
  assert.equal(ctime(at, 'America/New_York'), 'Tue Jul 14 18:05:06 EDT 2026');
  assert.equal(ctime(at, 'Europe/London'), 'Tue Jul 14 23:05:06 BST 2026');
  assert.match(ctime(at, 'Asia/Tokyo'), /^Wed Jul 15 07:05:06 \S+ 2026$/);
});
