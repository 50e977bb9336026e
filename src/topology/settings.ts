import { integer, settingsGroup, text } from '#base/settings.ts';

export const topologySettings = settingsGroup('topology', {
  releaseLine: text({
    default: '9.0',
    pattern: /^\d{1,3}\.\d{1,3}$/,
    expects: 'a major and a minor release, such as 9.0',
    restart: true,
    help: 'The release that this server stands for; its Unified CM has to be of the same major and minor release.',
  }),
  host: text({
    default: '::',
    restart: true,
    help: 'The address on which the publisher takes subscribers that join; :: is every one.',
  }),
  port: integer({
    default: 8444,
    min: 0,
    max: 65_535,
    restart: true,
    help: 'Its port. It is open only while there are subscribers in the topology and a security password; 0 never opens it.',
  }),
  maxNodes: integer({ default: 6, min: 1, max: 100, unit: 'nodes', help: 'How many nodes a cluster may have.' }),
  maxSubclusters: integer({
    default: 3,
    min: 1,
    max: 100,
    unit: 'subclusters',
    help: 'How many subclusters a cluster may have; each has one or two nodes.',
  }),
  renewDays: integer({
    default: 30,
    min: 1,
    max: 300,
    unit: 'days',
    help: 'How long before its end a subscriber has its certificate renewed by the publisher.',
  }),
});
