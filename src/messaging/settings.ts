import { choice, integer, settingsGroup } from '#base/settings.ts';

export const messagingSettings = settingsGroup('messaging', {
  archive: choice({
    values: ['all', 'contacts', 'none'],
    default: 'all',
    help:
      'Which messages are kept for history where a user has said nothing else: all, those of contacts, or none. ' +
      'What is on its way is kept until it is delivered in any case.',
  }),
  maxWaiting: integer({
    default: 10_000,
    min: 0,
    unit: 'messages',
    help: 'Messages that may wait for one account that nobody is signed in to; further senders are told.',
  }),
});
