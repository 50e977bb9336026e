/** Shows a long text on a terminal one page at a time: blank for the next page, Enter for a line, q for no more. */
import type { ReadStream, WriteStream } from 'node:tty';

const MORE = '\x1b[7mPress space for the next page, Enter for a line, q to quit\x1b[0m';
const CLEAR_LINE = '\r\x1b[K';

/** How many lines of a terminal a line of text takes. */
function height(line: string, columns: number): number {
  return Math.max(1, Math.ceil([...line].length / Math.max(1, columns)));
}

/** The lines that fit, from the first. At least one, and none is shown in part. */
export function fitting(lines: readonly string[], rows: number, columns: number): number {
  let used = 0;
  for (let count = 0; count < lines.length; count++) {
    used += height(lines[count]!, columns);
    if (used > rows) return Math.max(1, count);
  }
  return lines.length;
}

export async function showPages(text: string, input: ReadStream, output: WriteStream): Promise<void> {
  let lines = text.split('\n');
  let count = fitting(lines, output.rows - 1, output.columns);
  for (;;) {
    output.write(`${lines.slice(0, count).join('\n')}\n`);
    lines = lines.slice(count);
    if (lines.length === 0) return;
    const pressed = oneKey(input);
    output.write(MORE);
    const key = await pressed;
    output.write(CLEAR_LINE);
    if (key === 'q' || key === 'Q' || key === '\u0003' || key === '\u0004') return;
    count = key === '\r' || key === '\n' ? 1 : fitting(lines, output.rows - 1, output.columns);
  }
}

function oneKey(input: ReadStream): Promise<string> {
  input.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve) => {
    input.once('data', (keys: string) => {
      input.setRawMode(false).pause();
      resolve([...keys][0] ?? '');
    });
  });
}
