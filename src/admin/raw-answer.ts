import type { Duplex } from 'node:stream';
import type { ErrorAnswer } from './error-answer.ts';

export const MAX_HEADER_BYTES = 16_384;

const STATUS_LINES: Record<number, string> = {
  400: '400 Bad Request',
  404: '404 Not Found',
  408: '408 Request Timeout',
  429: '429 Too Many Requests',
  431: '431 Request Header Fields Too Large',
  503: '503 Service Unavailable',
};

/** Answers where there is a socket and no response, and closes. */
export function end(socket: Duplex, { status, body }: ErrorAnswer): void {
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${STATUS_LINES[status] ?? '500 Internal Server Error'}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    () => socket.destroy(),
  );
}

/** Answers what could not be read as a request. */
export function refuse({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    end(socket, { status: 431, body: { error: `the headers take more than ${MAX_HEADER_BYTES} bytes` } });
  } else if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    end(socket, { status: 408, body: { error: 'the request took too long to arrive' } });
  } else end(socket, { status: 400, body: { error: 'this is no request of HTTP/1.1' } });
}
