/** Pages of HTML: what programs probe for, and what a browser shows. */

export const WORKING = page(
  'Cisco CallManager: AXL Web Service',
  'The AXL Web Service is working and accepting requests. Use HTTP POST to send a request.',
);

export const UNAUTHORIZED = page('401 Unauthorized', 'This request requires HTTP authentication.');

export const FORBIDDEN = page(
  '403 Forbidden',
  'This user may not do this: it takes an access control group with the role Standard AXL API Access.',
);

export const READ_ONLY = page('403 Forbidden', 'This user may only read, or this server takes no changes by AXL.');

export const NOT_FOUND = page('404 Not Found', 'The requested resource is not available. AXL is at /axl/.');

export const WRONG_METHOD = page('405 Method Not Allowed', 'AXL takes GET and POST.');

export const TOO_LARGE = page('413 Content Too Large', 'The request is larger than this server takes.');

export const WRONG_TYPE = page('415 Unsupported Media Type', 'AXL takes text/xml in UTF-8.');

export const TOO_MANY_GUESSES = page(
  '429 Too Many Requests',
  'There were too many wrong passwords. Wait, and sign in again.',
);

export const FAILED = page('500 Internal Server Error', 'The request failed. The log of the server tells why.');

export const BUSY = page(
  '503 Service Unavailable',
  'The change queue is too long now. Wait some seconds, and send the request again.',
);

export function schemaNotSupported(version: string, versions: readonly string[]): string {
  return page(
    '599 Schema Not Supported',
    `Schema Not Supported: ${version.slice(0, 20)}. There are ${versions.join(', ')}.`,
  );
}

function page(title: string, sentence: string): string {
  return `<html><head><title>${escapeHtml(title)}</title></head><body><h1>${escapeHtml(title)}</h1><p>${escapeHtml(sentence)}</p></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
