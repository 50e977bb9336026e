/** The settings file of a first start: every setting as a comment, with what it is for. */
import type { Setting, SettingsGroup } from './settings.ts';

const HEAD = `# Settings. Each line below that begins with "#" and a name shows a default; take the "# " away to change it,
# together with that of the lines it stands under. Changes hold at once, unless a restart is asked for.
# "rollcall settings" shows what is in force and where it is from; "rollcall check" looks for mistakes.
`;

interface Branch {
  [word: string]: Branch | Setting<unknown>;
}

export function settingsTemplate(groups: readonly SettingsGroup[]): string {
  const root: Branch = {};
  for (const { path, shape } of groups) {
    let at = root;
    for (const word of path.split('.')) {
      at[word] ??= {};
      at = at[word] as Branch;
    }
    Object.assign(at, shape);
  }
  return `${HEAD}\n${Object.entries(root)
    .map(([word, branch]) => render(word, branch, 0).join('\n'))
    .join('\n\n')}\n`;
}

function render(word: string, node: Branch | Setting<unknown>, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (isSetting(node)) {
    const restart = node.restart ? ' Takes a restart.' : '';
    const about = wrap(`${node.help}${restart} It is ${node.expects}.`, 110 - indent.length);
    const value = node.secret ? '""' : JSON.stringify(node.default);
    return [...about.map((line) => `# ${indent}# ${line}`), `# ${indent}${word}: ${value}`];
  }
  const below = Object.entries(node).flatMap(([name, child]) => render(name, child, depth + 1));
  return [`# ${indent}${word}:`, ...below];
}

function isSetting(node: Branch | Setting<unknown>): node is Setting<unknown> {
  return 'fromText' in node && typeof node.fromText === 'function';
}

function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > width) lines.push(word);
    else lines[lines.length - 1] = `${lines.at(-1)} ${word}`.trimStart();
  }
  return lines;
}
