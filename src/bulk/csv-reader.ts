/**
 * Comma-separated values as they come, piece by piece (RFC 4180): cells in quotes, CRLF or LF, UTF-8 with or without a
 * byte order mark. Pure. What is broken is told with its line, and reading goes on where the next row surely begins.
 */

export interface CsvLimits {
  readonly maxCellBytes: number;
  readonly maxRowBytes: number;
  readonly maxColumns: number;
  readonly maxRows: number;
}

export const csvLimits: CsvLimits = {
  maxCellBytes: 65_536,
  maxRowBytes: 1_048_576,
  maxColumns: 1000,
  maxRows: 1_000_000,
};

/** `line` is where the row begins, from 1; a cell in quotes may hold line ends. */
export type CsvEvent =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly malformed: string /** Nothing after it is read. */; readonly isLast?: true };

const COMMA = 0x2c;
const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;
const BOM = [0xef, 0xbb, 0xbf];

/**
 * 'begin': before a cell. 'plain': in one without quotes. 'quoted': in one with. 'closed': behind its second quote, or
 * its first half of two. 'return': behind a CR outside of quotes. 'skip': in a line that is told already.
 */
type State = 'begin' | 'plain' | 'quoted' | 'closed' | 'return' | 'skip';

/** One file. Feed it all pieces, then `end` it; memory is bounded by the longest row that is allowed. */
export class CsvReader {
  readonly #limits: CsvLimits;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #state: State = 'begin';
  #row: Buffer = Buffer.allocUnsafe(4096);
  #length = 0;
  /** Where the cells of the row end. */
  #ends: number[] = [];
  /** What is wrong with the row that is being read. */
  #fault = '';
  #line = 1;
  #rowLine = 1;
  #rows = 0;
  #bomBytes = 0;
  #isOver = false;
  /** Whether the row has anything in it, quotes of an empty cell included. */
  #hasBegun = false;

  constructor(limits: Partial<CsvLimits> = {}) {
    this.#limits = { ...csvLimits, ...limits };
  }

  /** @returns what is complete with these bytes, in the order of the file */
  feed(bytes: Uint8Array): CsvEvent[] {
    const events: CsvEvent[] = [];
    for (let i = 0; i < bytes.length && !this.#isOver; i++) {
      const byte = bytes[i]!;
      if (this.#bomBytes < BOM.length && this.#isBom(byte)) continue;
      this.#take(byte, events);
    }
    return events;
  }

  /** The file is over. @returns its last row, where that had no line end */
  end(): CsvEvent[] {
    const events: CsvEvent[] = [];
    if (this.#bomBytes > 0 && this.#bomBytes < BOM.length) this.#replayBom(events);
    if (this.#isOver) return events;
    if (this.#state === 'quoted') this.#fail('a quote is opened and never closed');
    if (this.#state === 'return') this.#fail('a carriage return stands alone');
    if (this.#hasBegun) this.#endRow(events);
    this.#isOver = true;
    return events;
  }

  /** The first bytes may be a byte order mark; one that breaks off was text. */
  #isBom(byte: number): boolean {
    if (byte === BOM[this.#bomBytes]) {
      this.#bomBytes++;
      return true;
    }
    if (this.#bomBytes > 0) this.#replayBom([]);
    this.#bomBytes = BOM.length;
    return false;
  }

  #replayBom(events: CsvEvent[]): void {
    const count = this.#bomBytes;
    this.#bomBytes = BOM.length;
    for (const byte of BOM.slice(0, count)) this.#take(byte, events);
  }

  #take(byte: number, events: CsvEvent[]): void {
    if (byte === LF && this.#state !== 'quoted') {
      this.#endRow(events);
      this.#line++;
      this.#rowLine = this.#line;
      return;
    }
    if (byte === LF) this.#line++;
    if (byte !== CR) this.#hasBegun = true;
    if (byte === 0) this.#fail('the line holds U+0000');
    switch (this.#state) {
      case 'begin':
        if (byte === QUOTE) this.#state = 'quoted';
        else this.#plain(byte);
        return;
      case 'plain':
        this.#plain(byte);
        return;
      case 'quoted':
        if (byte === QUOTE) this.#state = 'closed';
        else this.#put(byte);
        return;
      case 'closed':
        this.#closed(byte);
        return;
      case 'return':
        this.#skip('a carriage return stands alone');
        return;
      case 'skip':
        return;
    }
  }

  #plain(byte: number): void {
    if (byte === COMMA) this.#endCell();
    else if (byte === CR) this.#state = 'return';
    else if (byte === QUOTE) this.#skip('a quote stands inside a cell that does not begin with one');
    else {
      this.#state = 'plain';
      this.#put(byte);
    }
  }

  #closed(byte: number): void {
    if (byte === QUOTE) {
      this.#put(QUOTE);
      this.#state = 'quoted';
    } else if (byte === COMMA) this.#endCell();
    else if (byte === CR) this.#state = 'return';
    else this.#skip('something stands between the closing quote of a cell and the comma');
  }

  /** What does not fit is not kept; the quotes are followed all the same, so that the row ends where it ends. */
  #put(byte: number): void {
    if (this.#fault !== '') return;
    const { maxCellBytes, maxRowBytes } = this.#limits;
    if (this.#length - (this.#ends.at(-1) ?? 0) >= maxCellBytes) {
      this.#fail(`a cell is longer than ${maxCellBytes} bytes`);
    } else if (this.#length >= maxRowBytes) {
      this.#fail(`the row is longer than ${maxRowBytes} bytes`);
    } else {
      if (this.#length === this.#row.length) this.#row = Buffer.concat([this.#row], this.#row.length * 2);
      this.#row[this.#length++] = byte;
    }
  }

  #endCell(): void {
    this.#state = 'begin';
    this.#hasBegun = true;
    if (this.#ends.length + 1 >= this.#limits.maxColumns) {
      this.#fail(`the row has more than ${this.#limits.maxColumns} columns`);
    } else this.#ends.push(this.#length);
  }

  #fail(fault: string): void {
    if (this.#fault === '') this.#fault = fault;
  }

  /** The rest of the line cannot be understood. */
  #skip(fault: string): void {
    this.#fail(fault);
    this.#state = 'skip';
  }

  #endRow(events: CsvEvent[]): void {
    const line = this.#rowLine;
    if (++this.#rows > this.#limits.maxRows) {
      this.#isOver = true;
      events.push({ line, malformed: `a file has ${this.#limits.maxRows} lines at most; divide it`, isLast: true });
      return;
    }
    if (!this.#hasBegun) this.#fail('the line is blank');
    const cells = this.#fault === '' ? this.#decode() : [];
    events.push(this.#fault === '' ? { line, cells } : { line, malformed: this.#fault });
    this.#state = 'begin';
    this.#length = 0;
    this.#ends = [];
    this.#fault = '';
    this.#hasBegun = false;
    // One long row does not hold its memory for all the others.
    if (this.#row.length > 65_536) this.#row = Buffer.allocUnsafe(4096);
  }

  #decode(): string[] {
    this.#ends.push(this.#length);
    let start = 0;
    try {
      return this.#ends.map((end) => {
        const cell = this.#decoder.decode(this.#row.subarray(start, end));
        start = end;
        return cell;
      });
    } catch {
      this.#fail('the line is not UTF-8');
      return [];
    }
  }
}
