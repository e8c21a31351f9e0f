import type { LabelsOf, MetricSpec } from '../workflows/contract/metrics.ts';

/** Where steps leave numbers for whoever watches the worker. */
export interface Metrics {
  /** Of a gauge: the value until the next one. Of a counter: adds. */
  record<M extends MetricSpec>(metric: M, value: number, labels: LabelsOf<M>): void;
}
