import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Below what Linux gives out by itself (32768 and up), so that no outgoing connection takes a port that was chosen. */
const LOWEST = 10_000;
const HIGHEST = 32_767;

/** Whether nothing listens on a port now, on any address, for connections or for datagrams. */
export async function isFree(port: number): Promise<boolean> {
  return (await isFreeForConnections(port)) && (await isFreeForDatagrams(port));
}

function isFreeForDatagrams(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ port, address: '0.0.0.0', exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

function isFreeForConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Distinct ports that are free now. Someone else may take one before it is used: who starts a server tries again. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomBetween(LOWEST, HIGHEST);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

/** A number N such that each of `ports` + N is free now. */
export async function freeOffset(ports: readonly number[]): Promise<number> {
  const highest = HIGHEST - Math.max(...ports);
  const lowest = Math.max(0, LOWEST - Math.min(...ports));
  for (;;) {
    const offset = randomBetween(lowest, highest);
    const free = await Promise.all(ports.map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
}

function randomBetween(low: number, high: number): number {
  return low + Math.floor(Math.random() * (high - low + 1));
}
