import type { MetricMeter } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import type { Metrics } from '../activities/metrics.ts';
import type { MetricSpec } from '../workflows/contract/metrics.ts';

type Write = (value: number, labels: Record<string, string>) => void;

/**
 * Metrics of the Runtime that the process has, whoever installed it: shown where its own are, nowhere when it shows
 * none. Made on first use, since the plugin never installs a Runtime.
 */
export function createRuntimeMetrics(getMeter: () => MetricMeter = () => Runtime.instance().metricMeter): Metrics {
  const made = new Map<string, Write>();
  return {
    record(metric, value, labels) {
      const write = made.get(metric.name) ?? create(getMeter(), metric);
      made.set(metric.name, write);
      write(value, labels);
    },
  };
}

function create(meter: MetricMeter, { name, kind, unit, about }: MetricSpec): Write {
  if (kind === 'counter') {
    const counter = meter.createCounter(name, unit, about);
    return (value, labels) => counter.add(value, labels);
  }
  const gauge = meter.createGauge(name, 'float', unit, about);
  return (value, labels) => gauge.set(value, labels);
}
