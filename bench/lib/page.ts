/** docs/performance.md: the part made from a run, between two markers; what stands around them is written by hand. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Cell, Figure } from './figure.ts';
import { type CellResults, figuresOf, judge, type Verdict } from './judge.ts';
import { median } from './median.ts';
import { formatNumber } from './report.ts';
import type { Results, RunFacts } from './results.ts';

/** The lines between which a command may write. */
export interface Markers {
  begin: string;
  end: string;
}

/** @param command  what the part is made by, as `npm run bench` */
export function markersOf(command: string): Markers {
  return { begin: `<!-- made by ${command}: begin -->`, end: `<!-- made by ${command}: end -->` };
}

export const OURS = 'rollcall';
/** In the JSON only. */
const LEFT_OUT = new Set(['sent/s', 'PSS KiB/session', 'RSS MiB right after log-in', 'latency max ms']);

/** Puts the made part into the page; makes the page where there is none. */
export function writePage(file: string, made: string, markers: Markers): void {
  const page = existsSync(file) ? readFileSync(file, 'utf8') : `# Performance\n\n${markers.begin}\n${markers.end}\n`;
  writeFileSync(file, replaceMade(page, made, markers));
}

/** @throws an Error when the page has not both markers, in order and once each */
export function replaceMade(page: string, made: string, markers: Markers): string {
  const begin = page.indexOf(markers.begin);
  const end = page.indexOf(markers.end);
  const once = (line: string): boolean => page.split(line).length === 2;
  if (begin < 0 || end < begin || !once(markers.begin) || !once(markers.end))
    throw new Error(`the page needs one line '${markers.begin}' and after it one '${markers.end}'`);
  return `${page.slice(0, begin)}${markers.begin}\n\n${made.trim()}\n\n${page.slice(end)}`;
}

/** The made part, in Markdown. */
export function renderRun(measured: readonly Cell[], results: Results, run: RunFacts): string {
  const peers = run.servers.filter((name) => name !== OURS);
  const verdicts = measured.flatMap((cell) =>
    cell.figures.map((figure) => judge(cell, figure, results.of(cell.id), OURS, peers)),
  );
  return [
    ...(run.quick ? ['**A quick run, to see that it works: the figures mean little.**', ''] : []),
    `Measured on ${run.at.slice(0, 10)} in one run, with the servers in turn; rounds: ${run.rounds}; the figures are medians.`,
    '',
    ...table(['', ''], Object.entries(run.facts)),
    '',
    '### Against the peers',
    '',
    ...targetTable(verdicts, results, run.servers),
    '',
    '### How sound the run was',
    '',
    ...soundness(results).map((line) => `- ${line}`),
    '',
    '### All figures',
    '',
    'Lowest and highest of the rounds in brackets.',
    '',
    ...fullTable(measured, results, run.servers),
  ].join('\n');
}

export function targetTable(verdicts: readonly Verdict[], results: Results, servers: readonly string[]): string[] {
  const rows = verdicts.map((verdict) => {
    const { cell, figure, rival, ratio } = verdict;
    const values = servers.map((name) => middle(results.of(cell.id), name, figure.metric));
    const against = ratio === undefined ? '-' : `${ratio.toFixed(2)} (${rival?.name})`;
    return [cell.title, figure.metric, ...values, against, targetOf(figure), outcomeOf(verdict)];
  });
  return table(['what', 'figure', ...servers, 'ratio to the better', 'target', 'outcome'], rows);
}

function middle(results: CellResults, server: string, metric: string): string {
  const values = figuresOf(results, server, metric);
  return values.length === 0 ? '-' : formatNumber(median(values));
}

function targetOf({ target }: Figure): string {
  if (target === undefined) return '';
  if (target.of === 'absolute') return `<= ${formatNumber(target.atMost)}`;
  return `ratio <= ${target.atMost.toFixed(2)}${target.of === 'better' ? '' : ` to ${target.of}'s`}`;
}

function outcomeOf({ figure, met, ours, ratio }: Verdict): string {
  if (figure.target === undefined) return '';
  if (met === undefined) return 'not measured';
  if (met) return 'met';
  const value = (figure.target.of === 'absolute' ? ours : ratio) ?? Number.NaN;
  return `**missed by ${formatNumber((value / figure.target.atMost - 1) * 100)} %**`;
}

/** What to know before believing the figures. */
function soundness(results: Results): string[] {
  const all = results.all();
  const failures = all.filter((result) => result.failures.length > 0);
  const of = (metric: string): number[] =>
    all.flatMap((result) => (result.scenario === 'idle' ? [] : (result.metrics[metric] ?? []))).sort((a, b) => a - b);
  const range = (metric: string): string => {
    const values = of(metric);
    return `${formatNumber(values[0] ?? Number.NaN)} to ${formatNumber(values.at(-1) ?? Number.NaN)}`;
  };
  const told = failures.slice(0, 10).map((r) => `${r.label}, ${r.scenario} ${r.variant}: ${r.failures.join('; ')}`);
  return [
    failures.length === 0
      ? `All of ${all.length} measurements verified: nothing lost, doubled, overtaken or astray.`
      : `**${failures.length} of ${all.length} measurements failed and do not count**: ${told.join(' / ')}`,
    `Other work on the machine used ${range('other CPU cores')} cores, the load tool ${range('tool CPU cores')}.`,
    `The same piece of work took ${range('calibration ms')} ms of CPU time: so much the machine itself wandered.`,
  ];
}

function fullTable(measured: readonly Cell[], results: Results, servers: readonly string[]): string[] {
  const rows = measured.flatMap((cell) => {
    const ofCell = results.of(cell.id);
    const metrics = [...new Set([...ofCell.values()].flat().flatMap((result) => Object.keys(result.metrics)))];
    return metrics
      .filter((metric) => !LEFT_OUT.has(metric))
      .map((metric, i) => [
        i === 0 ? cell.title : '',
        metric,
        ...servers.map((name) => spread(figuresOf(ofCell, name, metric))),
      ]);
  });
  return table(['what', 'figure', ...servers], rows);
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '-';
  if (values.length === 1) return formatNumber(median(values));
  return `${formatNumber(median(values))} (${formatNumber(Math.min(...values))} to ${formatNumber(Math.max(...values))})`;
}

/** The first two columns are words, the others figures. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i < 2 ? '---' : '---:'))), ...rows.map(line)];
}
