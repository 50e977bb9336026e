/**
 * RFC 6446: Event Notification Extension for Notification Rate Control.
 * A watcher says how often it wants to be told at most, and at least.
 */
import { duration } from '#base/settings.ts';
import { sipFeature } from '../../feature.ts';
import { subscriptionAccepted } from '../../hooks.ts';
import { parseEvent } from '../rfc-6665-subscribe/event-header.ts';
import { grant, readRates } from './rate.ts';

export const rateControl = sipFeature({
  spec: 'RFC 6446',
  title: 'Notification Rate Control',
  version: '',
  status: 'complete',
  settings: {
    minPeriodSeconds: duration({
      default: 5,
      min: 1,
      max: 3600,
      unit: 'seconds',
      help: 'A watcher that wants to be told at times though nothing has changed is told no more often than this.',
    }),
  },
  setup(sip) {
    // §5.2, §6.2: what a refresh does not ask for again no longer holds.
    sip.on(subscriptionAccepted, 'adjust', ({ subscription, incoming }) => {
      const event = parseEvent(incoming.request.header('event') ?? '');
      if (event !== undefined) subscription.rate = grant(readRates(event), 1 / sip.settings.minPeriodSeconds);
    });
  },
});
