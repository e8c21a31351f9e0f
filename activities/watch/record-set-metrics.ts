import type { WatchedSet } from '../../workflows/contract/backup/alerts.ts';
import type { SetStatus } from '../../workflows/contract/backup/set-status.ts';
import { METRICS } from '../../workflows/contract/metrics.ts';
import type { Metrics } from '../metrics.ts';

interface SeenByWatch {
  watched: WatchedSet;
  /** Absent when the root could not be read: what was known stays, but for `readable`. */
  status?: SetStatus | undefined;
  nowMs: number;
}

/** What a watch has seen, as numbers. What never was has the time 0, so that its age is beyond any objective. */
export function recordSetMetrics(metrics: Metrics | undefined, { watched, status, nowMs }: SeenByWatch): void {
  if (metrics === undefined) return;
  const { set, cluster, root } = watched;
  const labels = { set, cluster, root };
  metrics.record(METRICS.readable, status === undefined ? 0 : 1, labels);
  metrics.record(METRICS.watchedAt, nowMs / 1_000, labels);
  if (status === undefined) return;
  const { lastComplete, lastProven, restoreMs, archive, problems, backups, objective } = status;
  const completeMs = lastComplete === undefined ? 0 : Date.parse(lastComplete.finishedAt);
  const provenMs = lastProven === undefined ? 0 : Date.parse(lastProven.provenAt);
  metrics.record(METRICS.completeAt, completeMs / 1_000, labels);
  metrics.record(METRICS.age, (nowMs - completeMs) / 1_000, labels);
  metrics.record(METRICS.provenAt, provenMs / 1_000, labels);
  metrics.record(METRICS.provenAge, (nowMs - provenMs) / 1_000, labels);
  metrics.record(METRICS.bytes, lastComplete?.bytes ?? 0, labels);
  metrics.record(METRICS.newBytes, lastComplete?.newBytes ?? 0, labels);
  metrics.record(METRICS.backups, backups, labels);
  for (const level of ['warn', 'critical'] as const) {
    const count = problems.filter((problem) => problem.level === level).length;
    metrics.record(METRICS.troubles, count, { ...labels, level });
  }
  const { rpoMs, provenMs: provenObjectiveMs } = objective;
  if (rpoMs !== undefined) metrics.record(METRICS.rpo, rpoMs / 1_000, labels);
  if (provenObjectiveMs !== undefined) metrics.record(METRICS.provenObjective, provenObjectiveMs / 1_000, labels);
  if (restoreMs !== undefined) metrics.record(METRICS.restore, restoreMs / 1_000, labels);
  if (archive === undefined) return;
  metrics.record(METRICS.gaps, archive.gaps, labels);
  metrics.record(METRICS.walBytes, archive.bytes, labels);
  metrics.record(METRICS.coveredTo, (archive.coveredToMs ?? 0) / 1_000, labels);
}
