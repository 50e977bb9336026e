import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-routes.ts';

/**
 * Reads the body of a request whole.
 * @throws {HttpError} 413 for one that is larger, before it is read where its length is told
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => new HttpError(413, `a request to this port has a body of ${maxBytes} bytes at most`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const pieces: Buffer[] = [];
  let bytes = 0;
  // Not destroyed where it is too large: it is still to be answered.
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLarge();
    pieces.push(piece);
  }
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, bytes);
}
