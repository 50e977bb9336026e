import { Command } from 'commander';
import { presenceExplain as explain, type PresenceExplanation } from '#commands/presence.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

type State = PresenceExplanation['state'];

export function presenceExplain(): Command {
  return new Command('explain')
    .description('why an account is shown as it is: who says what, which rule decided, who sees what, who watches')
    .argument('<address>', 'name@domain; the name alone is enough')
    .option('--raw', 'also print what each source said as it came')
    .action(async (address: string, options: CommonOptions & { raw?: boolean }) => {
      const explained = await runCommand(options.data, explain, { address });
      print(options, explained, () => inWords(explained, options.raw ?? false));
    });
}

/** @param raw also what each source said as it came */
export function inWords(explained: PresenceExplanation, raw: boolean): string {
  const { address, state, rule, decidedBy, since, now } = explained;
  return [
    `${address} is ${words(state)}${since === undefined ? '' : `, for ${span(now - since)}`}.`,
    `  ${rule.words}${decidedBy === '' ? '' : ` Decided by: ${decidedBy}.`}`,
    '',
    'Sources',
    sources(explained, raw),
    '',
    'Seen by',
    table(views(explained)),
    '',
    'Watching now',
    watching(explained),
  ].join('\n');
}

function sources({ sources, now }: PresenceExplanation, raw: boolean): string {
  if (sources.length === 0) return '  none';
  const rows = sources.map(({ id, kind, says, shown, line, saidAt, expiresAt, tag }) => [
    `  ${id}`,
    kind,
    line === undefined ? words(says) : `line ${line}`,
    shown === undefined ? 'not shown by itself' : `shown as ${words(shown)}`,
    `said ${span(now - saidAt)} ago`,
    expiresAt === undefined ? '' : `ends in ${span(expiresAt - now)}`,
    tag === undefined ? '' : `tag ${tag}`,
  ]);
  const lines = table(rows).split('\n');
  return lines.map((line, i) => (raw ? line + indented(sources[i]!.raw ?? '') : line)).join('\n');
}

function views({ views }: PresenceExplanation): string[][] {
  const { xmppContact, sipWatcher, blocked, stranger } = views;
  const contact = xmppContact.map((seen) => `${seen.resource}: ${words(seen)}`).join('; ');
  return [
    ['  XMPP contact', contact === '' ? 'unavailable' : contact],
    ['  SIP watcher', words(sipWatcher)],
    ['  somebody blocked', blocked],
    ['  a stranger', stranger],
  ];
}

function watching({ watching, now }: PresenceExplanation): string {
  if (watching.length === 0) return '  nobody';
  return table(
    watching.map(({ address, edge, program, verdict, rules, since, expiresAt }) => [
      `  ${address}`,
      edge,
      printable(program),
      verdict === 'allowed' ? '' : verdict,
      rules.length === 0 ? '' : `by rule ${printable(rules.join(', '))}`,
      since === undefined ? '' : `since ${span(now - since)}`,
      expiresAt === undefined ? '' : `ends in ${span(expiresAt - now)}`,
    ]),
  );
}

function words({ availability, note, activities }: State): string {
  const doing = activities.length === 0 ? '' : ` [${printable(activities.join(', '))}]`;
  return `${availability}${note === '' ? '' : ` "${printable(note)}"`}${doing}`;
}

/** What strangers have written may hold what moves the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

function indented(raw: string): string {
  if (raw === '') return '';
  return raw
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => `\n      ${printable(line.replaceAll('\t', '  '))}`)
    .join('');
}

function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
