/**
 * Works on items side by side, but for those of the same lane, which keep their order. Resolves when all are done.
 * @param atOnce how many lanes are worked on at a time
 * @throws what `work` throws first; what has begun is waited for, and nothing else begins
 */
export async function inLanes<T>(
  items: readonly T[],
  laneOf: (item: T) => string,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const lanes = new Map<string, T[]>();
  for (const item of items) {
    const lane = lanes.get(laneOf(item));
    if (lane === undefined) lanes.set(laneOf(item), [item]);
    else lane.push(item);
  }
  const waiting = lanes.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const lane of waiting) {
      for (const item of lane) {
        if (failures.length > 0) return;
        try {
          await work(item);
        } catch (error) {
          failures.push(error);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, lanes.size) }, worker));
  if (failures.length > 0) throw failures[0];
}
