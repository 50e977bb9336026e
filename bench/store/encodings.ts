/**
 * What it costs to hand rows to another thread, by way of packing them: microseconds of processor time for each row, in
 * the sending and in the receiving thread. `node bench/store/encodings.ts`
 *
 * - nested: an array of arrays of values
 * - flat: one array, the statement's number before its values
 * - joined: one array of numbers, and all text as one string, cut apart on the other side
 * - packed: one transferred buffer, numbers as doubles and text as UTF-8
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

const ROWS = 200_000;
const WIDTH = 5;
const ENCODINGS = ['nested', 'flat', 'joined', 'packed'] as const;
type Encoding = (typeof ENCODINGS)[number];
type Value = string | number;

const body = (i: number): string => `<message from='romeo@example.test/${i}'><body>${'o'.repeat(350)}</body></message>`;
const rows = (count: number): Value[][] =>
  Array.from({ length: count }, (_, i) => [i % 1000, i, `juliet${i % 50}@example.test`, 3, body(i)]);

function pack(group: readonly Value[][]): [ArrayBuffer] {
  let size = 0;
  for (const row of group) for (const value of row) size += typeof value === 'string' ? 9 + value.length * 3 : 9;
  const buffer = Buffer.from(new ArrayBuffer(size));
  let at = 0;
  for (const row of group) {
    for (const value of row) {
      if (typeof value === 'number') {
        buffer[at] = 0;
        at = buffer.writeDoubleLE(value, at + 1);
      } else {
        const length = buffer.write(value, at + 5);
        buffer[at] = 1;
        at = buffer.writeUInt32LE(length, at + 1) + length;
      }
    }
  }
  return [buffer.buffer.slice(0, at) as ArrayBuffer];
}

function encode(encoding: Encoding, group: readonly Value[][]): [unknown, ArrayBuffer[]] {
  if (encoding === 'nested') return [group, []];
  if (encoding === 'packed') {
    const buffers = pack(group);
    return [buffers[0], buffers];
  }
  const flat: Value[] = [];
  if (encoding === 'flat') {
    for (const row of group) {
      flat.push(1);
      for (const value of row) flat.push(value);
    }
    return [flat, []];
  }
  let text = '';
  for (const row of group) {
    flat.push(1);
    for (const value of row) {
      if (typeof value === 'string') {
        flat.push(-1, value.length);
        text += value;
      } else flat.push(0, value);
    }
  }
  return [[flat, text], []];
}

/** Cuts each row out as an array of values; returns how many there were. */
function decode(encoding: Encoding, data: unknown): number {
  let count = 0;
  if (encoding === 'nested') {
    for (const row of data as Value[][]) count += row.length;
  } else if (encoding === 'flat') {
    const flat = data as Value[];
    for (let i = 0; i < flat.length; i += WIDTH + 1) count += flat.slice(i + 1, i + 1 + WIDTH).length;
  } else if (encoding === 'joined') {
    const [flat, text] = data as [number[], string];
    for (let i = 0, at = 0; i < flat.length; i += 2 * WIDTH + 1) {
      const row: Value[] = [];
      for (let k = i + 1; k < i + 1 + 2 * WIDTH; k += 2) {
        const value = flat[k + 1]!;
        if (flat[k] === -1) {
          row.push(text.slice(at, at + value));
          at += value;
        } else row.push(value);
      }
      count += row.length;
    }
  } else {
    const buffer = Buffer.from(data as ArrayBuffer);
    for (let at = 0; at < buffer.length; ) {
      const row: Value[] = [];
      for (let k = 0; k < WIDTH; k++) {
        if (buffer[at] === 0) {
          row.push(buffer.readDoubleLE(at + 1));
          at += 9;
        } else {
          const length = buffer.readUInt32LE(at + 1);
          row.push(buffer.toString('utf8', at + 5, at + 5 + length));
          at += 5 + length;
        }
      }
      count += row.length;
    }
  }
  return count;
}

const cpu = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

if (isMainThread) {
  console.log('group  encoding   main us/row   worker us/row');
  for (const size of [1, 8, 64, 512]) {
    for (const encoding of ENCODINGS) {
      const worker = new Worker(new URL(import.meta.url));
      const answer = () => new Promise<number>((resolve) => worker.once('message', resolve));
      const group = rows(size);
      const groups = Math.min(20_000, Math.ceil(ROWS / size));
      let main = 0;
      for (const warm of [true, false]) {
        const from = cpu();
        for (let i = 0; i < groups; i++) {
          const [data, transfer] = encode(encoding, group);
          worker.postMessage({ encoding, data }, transfer);
          await answer();
        }
        if (!warm) main = cpu() - from;
        const used = answer();
        worker.postMessage('cpu');
        const receiving = await used;
        if (warm) continue;
        const count = groups * size;
        const cell = (value: number) => (value / count).toFixed(2).padStart(10);
        console.log(String(size).padStart(5), ` ${encoding.padEnd(8)}`, cell(main), '  ', cell(receiving));
      }
      await worker.terminate();
    }
  }
} else {
  let since = cpu();
  parentPort!.on('message', (message: 'cpu' | { encoding: Encoding; data: unknown }) => {
    if (message === 'cpu') {
      parentPort!.postMessage(cpu() - since);
      since = cpu();
    } else parentPort!.postMessage(decode(message.encoding, message.data));
  });
}
