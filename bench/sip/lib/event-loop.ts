/** How long a server's event loop was held up, as it tells itself (prom-client's name for it, in seconds). */

const LAG = /^nodejs_eventloop_lag_max_seconds (\S+)/m;

/** @returns since it was last asked; NaN where there is no such figure */
export async function longestDelayMs(url: string): Promise<number> {
  if (url === '') return Number.NaN;
  const response = await fetch(url, { headers: { connection: 'close' } });
  return Number(LAG.exec(await response.text())?.[1] ?? Number.NaN) * 1000;
}
