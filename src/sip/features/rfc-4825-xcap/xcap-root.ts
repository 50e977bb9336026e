/** The XCAP root (RFC 4825 §6.1) is this path, under any name of the server. */
export const XCAP_ROOT = '/xcap-root';
