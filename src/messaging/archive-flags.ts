/** What a row of the archive is, as bits. */
export const INCOMING = 1;
/** Kept only until it was delivered: not part of the archive that a client sees. */
export const UNTIL_DELIVERED = 2;
/** To be delivered to the next device when none was there (XEP-0160). It is the highest, so those are `flags >= 4`. */
export const OWED = 4;
