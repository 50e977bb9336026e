/**
 * RFC 4660: Functional Description of Event Notification Filtering.
 * A watcher says in its SUBSCRIBE what of a presence document it wants to see, and of which changes it wants to hear
 * (RFC 4661).
 */
import { mergeFilters, readFilterSet, SIMPLE_FILTER_TYPE } from '../../bodies/simple-filter.ts';
import { sipFeature } from '../../feature.ts';
import { SipError } from '../../wire/sip-error.ts';
import { addViewMaker } from '../rfc-3856-presence/views.ts';
import { bodyOf } from '../rfc-6665-subscribe/request-bodies.ts';
import { Filters } from './filters.ts';

export const filters = sipFeature({
  spec: 'RFC 4660',
  title: 'Event Notification Filtering',
  version: '',
  status: 'complete',
  note: 'Of presence, also of each resource of a list; with RFC 4661.',
  setup(sip) {
    const remove = addViewMaker(sip.edge, {
      requestTypes: [SIMPLE_FILTER_TYPE],
      // §5.2: what a refresh says nothing about stays as it is.
      apply(view, _subscription, { request }) {
        const body = bodyOf(request, SIMPLE_FILTER_TYPE);
        if (body === undefined) return;
        const asked = readFilterSet(body);
        if (asked.package !== undefined && asked.package !== 'presence') {
          throw new SipError(488, 'The Filter Is For Another Package');
        }
        const all = mergeFilters((view.filters as Filters | undefined)?.all ?? [], asked.filters);
        view.filters = all.length === 0 ? undefined : new Filters(all);
      },
    });
    sip.onStop(remove);
  },
});
