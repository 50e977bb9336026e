/** Results, and how they are shown. */
import type { Usage } from './procfs.ts';

export interface Result {
  label: string;
  scenario: string;
  /** How the scenario was run, in a few words: the key that like runs share. */
  variant: string;
  tls: string;
  at: string;
  parameters: Record<string, string | number>;
  metrics: Record<string, number>;
  usage: Usage;
  /** What was verified; empty when all is well. */
  failures: string[];
  checks: Record<string, number>;
  /** What the reader should bear in mind. */
  warnings: string[];
}

/** The CPU shares that say whether the measurement is sound. */
export function usageMetrics(usage: Usage): Record<string, number> {
  return {
    'server CPU cores': usage.serverCpuMs / usage.wallMs,
    'tool CPU cores': usage.toolCpuMs / usage.wallMs,
    'other CPU cores': usage.otherCpuMs / usage.wallMs,
  };
}

export function usageWarnings(usage: Usage): string[] {
  const warnings: string[] = [];
  if (usage.toolCpuMs > 0.9 * usage.wallMs)
    warnings.push('the load tool used up its core: the rate is a lower bound, the CPU cost holds');
  if (usage.otherCpuMs > 0.1 * usage.wallMs) warnings.push('other processes were busy meanwhile');
  return warnings;
}

export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

export function printResult(result: Result): void {
  console.log(`\n${result.label}  ${result.scenario}  ${result.variant}  tls=${result.tls}`);
  const rows = Object.entries(result.metrics);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${formatNumber(value).padStart(12)}`);
  const checks = Object.entries(result.checks).map(([name, value]) => `${name} ${value}`);
  console.log(`  verified: ${checks.join(', ')}`);
  for (const warning of result.warnings) console.log(`  note: ${warning}`);
  for (const failure of result.failures) console.log(`  FAILED: ${failure}`);
}

/** A result without figures. */
export function failed(label: string, scenario: string, failure: string): Result {
  return { ...blank(label, scenario), failures: [failure] };
}

/** A result to be filled in, of something that the load tool has no part in. */
export function blank(label: string, scenario: string): Result {
  return {
    label,
    scenario,
    variant: '',
    tls: 'none',
    at: new Date().toISOString(),
    parameters: {},
    metrics: {},
    usage: { wallMs: 0, serverCpuMs: 0, toolCpuMs: 0, otherCpuMs: 0, serverWrittenBytes: 0 },
    failures: [],
    checks: {},
    warnings: [],
  };
}
