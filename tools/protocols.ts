/**
 * Writes docs/protocols.md: what the server speaks, from src/features.ts. A test says when the page is stale.
 *
 *     sh tools/node24 tools/protocols.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coreProtocols, type Protocol, sipFeatures, xmppFeatures } from '#features.ts';

export const PROTOCOLS_PAGE = join(import.meta.dirname, '../docs/protocols.md');

const HEAD = `# Protocols

What the server speaks, and how much of it. Made from \`src/features.ts\` by \`sh tools/node24 tools/protocols.ts\`.

- **complete**: all that the specification asks of a server.
- **partial**: what is left out stands beside it.
- **refused**: left out on purpose; the reason stands beside it.

A feature with a file of its own can be switched off: \`xmpp.xep-0199.enabled: false\`.
`;

const COLUMNS = ['Specification', 'Title', 'Version', 'Status', 'Note'];

export function protocolsPage(
  protocols: readonly Protocol[] = [...xmppFeatures, ...sipFeatures, ...coreProtocols],
): string {
  const rows = protocols
    .toSorted((a, b) => a.spec.localeCompare(b.spec, 'en', { numeric: true }))
    .map(({ spec, title, version, status, note = '' }) => [spec, title, version, status, note]);
  const table = [COLUMNS, COLUMNS.map(() => '---'), ...rows];
  return `${HEAD}\n${table.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n')}\n`;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

if (import.meta.main) writeFileSync(PROTOCOLS_PAGE, protocolsPage());
