import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SipError } from '../wire/sip-error.ts';
import { readMessageSummary, writeMessageSummary } from './message-summary.ts';

const EXAMPLE =
  'Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 4/8 (1/2)\r\nFax-Message: 0/1\r\n' +
  '\r\nTo: <alice@atlanta.example.com>\r\nSubject: carpool tomorrow?\r\n\r\nTo: <b@example.com>\r\n';

test('RFC 3842 §5.2: a summary with accounts, counts and headers of single messages', () => {
  const summary = readMessageSummary(EXAMPLE);
  assert.deepEqual(summary, {
    isWaiting: true,
    account: 'sip:alice@vmail.example.com',
    counts: {
      'voice-message': { newMessages: 4, oldMessages: 8, urgent: { newMessages: 1, oldMessages: 2 } },
      'fax-message': { newMessages: 0, oldMessages: 1 },
    },
    messages: [
      ['To', '<alice@atlanta.example.com>', 'Subject', 'carpool tomorrow?'],
      ['To', '<b@example.com>'],
    ],
  });
  assert.equal(writeMessageSummary(summary), EXAMPLE);
});

test('RFC 3842 §3.5: the least there is', () => {
  assert.equal(writeMessageSummary({ isWaiting: false, counts: {} }), 'Messages-Waiting: no\r\n');
  assert.deepEqual(readMessageSummary('messages-waiting:NO'), { isWaiting: false, counts: {} });
});

test('a value cannot bring lines of its own', () => {
  const written = writeMessageSummary({ isWaiting: true, account: 'sip:a\r\nVoice-Message: 9/9', counts: {} });
  assert.deepEqual(readMessageSummary(written).counts, {});
});

const REFUSED: [title: string, body: string, reason: string][] = [
  ['nothing', '', 'Bad Message Summary: it does not begin with Messages-Waiting'],
  ['another line first', 'Voice-Message: 1/0\r\n', 'Bad Message Summary: it does not begin with Messages-Waiting'],
  ['neither yes nor no', 'Messages-Waiting: 3\r\n', 'Bad Message Summary: Messages-Waiting is yes or no'],
  ['half a count', 'Messages-Waiting: yes\r\nVoice-Message: 3\r\n', 'Bad Message Summary: a count is malformed'],
  ['more than 32 bits', 'Messages-Waiting: yes\r\nVoice-Message: 9999999999/0\r\n', 'Bad Message Summary: a count is too large'],
  ['a line without name', 'Messages-Waiting: yes\r\nhello\r\n', 'Bad Message Summary: a line has no name'],
  ['too many lines', `Messages-Waiting: yes\r\n${'a: b\r\n'.repeat(1000)}`, 'Bad Message Summary: it has too many lines'],
]; // biome-ignore format: a table

describe('summaries that are refused', () => {
  for (const [title, body, reason] of REFUSED) {
    test(title, () => {
      assert.throws(
        () => readMessageSummary(body),
        (error) => error instanceof SipError && error.status === 400 && error.reason === reason,
      );
    });
  }
});
