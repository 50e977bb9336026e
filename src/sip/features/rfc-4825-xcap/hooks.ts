import type { Home } from '#accounts/home.ts';
import { hook } from '#base/hook.ts';

/** A client has changed a document of an account over XCAP; it is on disk. What else shows in documents has hooks of its own. */
export const documentChanged = hook<{ home: Home }>()('sip.xcap.document-changed', ['tell']);
