/**
 * RFC 5263: SIP Extension for Partial Notification of Presence Information.
 * A watcher that would rather have it so is told what has changed of a presence document, and not all of it again.
 */
import { PIDF_TYPES } from '../../bodies/pidf.ts';
import { PIDF_DIFF_TYPE } from '../../bodies/pidf-diff.ts';
import { sipFeature } from '../../feature.ts';
import { addViewMaker } from '../rfc-3856-presence/views.ts';
import { qualityOf } from '../rfc-6665-subscribe/accept.ts';
import { PartialForm } from './partial-form.ts';

export const partialNotification = sipFeature({
  spec: 'RFC 5263',
  title: 'Partial Notification of Presence Information',
  version: '',
  status: 'complete',
  note: 'With RFC 5262.',
  setup(sip) {
    const remove = addViewMaker(sip.edge, {
      contentTypes: [PIDF_DIFF_TYPE],
      // §4.2: each SUBSCRIBE is answered with all of it.
      apply(view, { accept }) {
        view.form = isPreferred(accept) ? (view.form ?? new PartialForm()) : undefined;
        view.form?.restart();
      },
    });
    sip.onStop(remove);
  },
});

/**
 * §4.1: by the q of the types; of two that are wanted alike, the one that is named first. Who takes anything has not asked
 * for this.
 */
function isPreferred(accept: string): boolean {
  const at = accept.indexOf(PIDF_DIFF_TYPE);
  const quality = at < 0 ? 0 : qualityOf(accept, PIDF_DIFF_TYPE);
  if (quality === 0) return false;
  return PIDF_TYPES.every((type) => {
    const other = accept.includes(type) ? qualityOf(accept, type) : 0;
    return other < quality || (other === quality && at < accept.indexOf(type));
  });
}
