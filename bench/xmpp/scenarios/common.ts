/** What the scenarios share. */

import { type Result, usageMetrics, usageWarnings } from '../../lib/report.ts';
import { deliveryChecks, type FlowResult, flowFailures } from '../lib/flow.ts';
import type { Options } from '../lib/options.ts';
import type { Latency } from '../lib/pace.ts';

export type Scenario = (options: Options) => Promise<Result>;

export type Outcome = Pick<Result, 'variant' | 'parameters' | 'metrics' | 'usage' | 'failures' | 'checks'>;

export function makeResult(options: Options, outcome: Outcome): Result {
  return {
    label: options.label,
    scenario: options.scenario,
    tls: options.target.tls,
    at: new Date().toISOString(),
    ...outcome,
    variant: options.note === '' ? outcome.variant : `${outcome.variant}, ${options.note}`,
    metrics: { ...outcome.metrics, ...usageMetrics(outcome.usage) },
    warnings: usageWarnings(outcome.usage),
  };
}

/** Closed or open loop, as it is told in tables. */
export function loopOf(options: Options): string {
  return options.rate > 0 ? `open loop ${options.rate}/s` : `window ${options.window}`;
}

/** The metrics of a flow; `unit` names what is delivered. */
export function flowOutcome(options: Options, flow: FlowResult, unit: string): Omit<Outcome, 'parameters'> {
  const seconds = flow.usage.wallMs / 1000;
  return {
    variant: loopOf(options),
    metrics: {
      [`${unit.replace(/y$/, 'ie')}s/s`]: flow.delivered / seconds,
      [`server CPU us/${unit}`]: (flow.usage.serverCpuMs * 1000) / flow.delivered,
      [`tool CPU us/${unit}`]: (flow.usage.toolCpuMs * 1000) / flow.delivered,
      'sent/s': flow.sent / seconds,
      ...latencyMetrics(flow.latencyMs),
      ...(options.rate > 0 ? { 'tool send lag p99 ms': flow.sendLagMsP99 } : {}),
      [`disk bytes/${unit}`]: flow.usage.serverWrittenBytes / flow.delivered,
    },
    usage: flow.usage,
    failures: flowFailures(flow),
    checks: { ...deliveryChecks(flow.verdict), errorStanzas: flow.errorsSeen },
  };
}

export function latencyMetrics(latency: Latency): Record<string, number> {
  return { 'latency p50 ms': latency.p50, 'latency p99 ms': latency.p99, 'latency max ms': latency.max };
}
