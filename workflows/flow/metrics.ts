import { metricMeter } from '@temporalio/workflow';
import type { LabelsOf, MetricSpec } from '../contract/metrics.ts';

/** Not a command, and nothing when a run is replayed: histories do not know of it. */
export function recordMetric<M extends MetricSpec>(metric: M, value: number, labels: LabelsOf<M>): void {
  const { name, kind, unit, about } = metric;
  if (kind === 'counter') metricMeter.createCounter(name, unit, about).add(value, labels);
  else metricMeter.createGauge(name, 'float', unit, about).set(value, labels);
}
