import type { Random } from '../torture/random.ts';

/** Inputs do not grow beyond this: what is long is slow, and finds no more. */
const MAX_LENGTH = 4096;
/** Bytes that have a meaning somewhere: the borders of UTF-8, of ASCII, of markup. */
const SPECIAL = [
  0x00, 0x01, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x26, 0x27, 0x2f, 0x3c, 0x3d, 0x3e, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe2,
  0xed, 0xef, 0xf0, 0xf4, 0xf8, 0xff,
];

/** Changes an input in one to eight places. @param other an input that a piece may be taken from */
export function mutate(input: Buffer, other: Buffer, words: readonly string[], random: Random): Buffer {
  let bytes = input;
  for (let left = random.between(1, random.between(1, 8)); left > 0; left--)
    bytes = change(bytes, other, words, random);
  return bytes.subarray(0, MAX_LENGTH);
}

function change(bytes: Buffer, other: Buffer, words: readonly string[], random: Random): Buffer {
  const at = random.between(0, bytes.length);
  const until = Math.min(bytes.length, at + random.between(1, random.between(1, 64)));
  const piece = bytes.subarray(at, until);
  switch (random.between(0, 7)) {
    case 0:
      return splice(bytes, at, at, Buffer.from([random.pick(SPECIAL)]));
    case 1:
      return splice(bytes, at, Math.min(bytes.length, at + 1), Buffer.from([random.between(0, 255)]));
    case 2:
      return splice(bytes, at, until, Buffer.alloc(0));
    case 3:
      return splice(bytes, at, at, Buffer.from(words.length === 0 ? '' : random.pick(words)));
    case 4:
      return splice(bytes, at, at, piece);
    case 5:
      return splice(bytes, at, at, Buffer.concat(Array.from({ length: random.between(2, 100) }, () => piece)));
    case 6: {
      const from = random.between(0, other.length);
      return splice(bytes, at, until, other.subarray(from, from + random.between(0, 128)));
    }
    default:
      return bytes.subarray(0, at);
  }
}

function splice(bytes: Buffer, from: number, until: number, put: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(until)]);
}

/**
 * The smallest input found that still fails, by leaving out ever smaller pieces.
 * @param fails whether an input fails in the same way
 */
export function shrink(input: Buffer, fails: (input: Buffer) => boolean, attempts = 2000): Buffer {
  let smallest = input;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length && attempts > 0; ) {
      attempts--;
      const shorter = splice(smallest, at, Math.min(smallest.length, at + size), Buffer.alloc(0));
      if (fails(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}
