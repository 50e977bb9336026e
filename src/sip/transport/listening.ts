import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { lacksIpv6, listenFailure } from '#base/listen-failure.ts';
import type { TransportContext } from './context.ts';
import { UdpPort } from './udp.ts';

/** Where the machine has no IPv6, every address is every one of IPv4. @throws {Failure} when a port cannot be had */
export async function openTcp(
  context: TransportContext,
  host: string,
  port: number,
  listen: (host: string, port: number) => Promise<void>,
): Promise<void> {
  try {
    await listen(host, port);
    return;
  } catch (error) {
    if (!lacksIpv6(error, host)) throw listenFailure(error, host, port);
    context.log.info({ port }, 'this machine has no IPv6; only IPv4 is listened on');
  }
  await listen('0.0.0.0', port).catch((error: unknown) => {
    throw listenFailure(error, '0.0.0.0', port);
  });
}

/**
 * One socket for each family: what comes over IPv4 then has addresses of IPv4, and each datagram costs less than over a
 * socket for both.
 * @throws {Failure} when the port cannot be had
 */
export async function openUdp(context: TransportContext, host: string, port: number): Promise<UdpPort[]> {
  if (host !== '::') {
    const address = isIP(host) === 0 ? (await lookup(host)).address : host;
    return [await openOne(context, address, port)];
  }
  const v4 = await openOne(context, '0.0.0.0', port);
  try {
    return [v4, await UdpPort.open(context, '::', port)];
  } catch (error) {
    if (lacksIpv6(error, '::')) return [v4];
    await v4.close();
    throw listenFailure(error, '::', port);
  }
}

function openOne(context: TransportContext, host: string, port: number): Promise<UdpPort> {
  return UdpPort.open(context, host, port).catch((error: unknown) => {
    throw listenFailure(error, host, port);
  });
}
