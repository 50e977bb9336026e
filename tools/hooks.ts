/**
 * Writes docs/hooks.md: every hook, its phases, where it is run and who takes it, from the code. A test says when the
 * page is stale.
 *
 *     sh tools/node24 tools/hooks.ts
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hook } from '#base/hook.ts';

export const HOOKS_PAGE = join(import.meta.dirname, '../docs/hooks.md');
const SRC = join(import.meta.dirname, '../src');

const HEAD = `# Hooks

The named points at which features and areas take part in what happens (\`src/base/hook.ts\`). Made from the code by
\`sh tools/node24 tools/hooks.ts\`.

Phases run in the order in which they stand here, and handlers of one phase in the order of registration. A handler
returns nothing to pass on, or \`'stop'\`. In **bold** phases a handler that throws stops the flow; elsewhere that is
logged and the next one runs, but for a \`Failure\`, which refuses on purpose in every phase except \`observe\`.
`;

/** A source file without its imports and comments, by its path from src/. */
export type Code = ReadonlyMap<string, string>;

/** Source files with neither tests nor the files that declare hooks. */
export function readCode(): Code {
  const files = globSync('**/*.ts', { cwd: SRC })
    .filter((file) => !file.endsWith('.test.ts') && !file.endsWith('hooks.ts'))
    .sort();
  return new Map(files.map((file) => [file, bare(readFileSync(join(SRC, file), 'utf8'))]));
}

function bare(source: string): string {
  return source
    .replace(/^import\s[^;]*;$/gm, '')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

/** Which files run a hook, and which take it, by phase. A hook that is only asked about (`has`) is not run there. */
export function usesOf(name: string, code: Code): { run: string[]; taken: string[] } {
  const run = new Set<string>();
  const taken = new Set<string>();
  for (const [file, text] of code) {
    for (const [, call, phase] of text.matchAll(new RegExp(`(?:(\\w+)\\(\\s*)?\\b${name}\\b(?:,\\s*'(\\w+)')?`, 'g'))) {
      if (call === 'on') taken.add(`\`${file}\` (${phase})`);
      else if (call !== 'has') run.add(`\`${file}\``);
    }
  }
  return { run: [...run], taken: [...taken] };
}

/** What stands above the declaration of a hook, on one line. */
function explanation(source: string, name: string): string {
  const at = source.search(new RegExp(`^export const ${name}\\b`, 'm'));
  const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(source.slice(0, at))?.[1] ?? '';
  return comment.replace(/\s*\n\s*\*?\s*/g, ' ').trim();
}

export async function hooksPage(): Promise<string> {
  const code = readCode();
  const sections: string[] = [];
  for (const file of globSync('*/hooks.ts', { cwd: SRC }).sort()) {
    const source = readFileSync(join(SRC, file), 'utf8');
    const declared = Object.entries((await import(join(SRC, file))) as Record<string, Hook<unknown>>);
    const order = ([name]: [string, unknown]) => source.indexOf(`export const ${name} `);
    const rows = declared
      .sort((a, b) => order(a) - order(b))
      .map(([name, { name: label, phases, guards }]) => {
        const { run, taken } = usesOf(name, code);
        const words = phases.map((phase) => (guards.includes(phase) ? `**${phase}**` : phase)).join(', ');
        const cells = [
          `\`${name}\`<br>${label}`,
          words,
          explanation(source, name),
          run.join('<br>'),
          taken.join('<br>'),
        ];
        return `| ${cells.join(' | ')} |`;
      });
    sections.push(
      `## src/${file}\n\n| Hook | Phases | When | Run by | Taken by |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`,
    );
  }
  return `${HEAD}\n${sections.join('\n')}`;
}

if (import.meta.main) writeFileSync(HOOKS_PAGE, await hooksPage());
