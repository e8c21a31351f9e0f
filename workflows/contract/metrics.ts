/**
 * Every metric of ours, as Prometheus shows it on the worker's endpoint, beside those of the SDK. The page about alerts
 * and the dashboard are checked against this table. WARNING: names are in users' rules and dashboards; never rename one.
 */
export interface MetricSpec {
  name: string;
  kind: 'gauge' | 'counter';
  /** What one of its numbers is. */
  unit: 'seconds' | 'bytes' | 'unix seconds' | 'count';
  labels: readonly string[];
  about: string;
}

const SET = ['set', 'cluster', 'root'] as const;
const PAIR = ['source', 'target'] as const;

const spec = <const L extends readonly string[]>(
  [name, kind, unit]: [name: string, kind: MetricSpec['kind'], unit: MetricSpec['unit']],
  labels: L,
  about: string,
) => ({ name, kind, unit, labels, about });

export const METRICS = {
  age: spec(['temporal_hbase_backup_age_seconds', 'gauge', 'seconds'], SET, 'Age of the last complete backup'),
  completeAt: spec(
    ['temporal_hbase_backup_last_complete_timestamp_seconds', 'gauge', 'unix seconds'],
    SET,
    'End of the last complete backup; 0 when there is none',
  ),
  rpo: spec(['temporal_hbase_backup_objective_seconds', 'gauge', 'seconds'], SET, '`objective.rpo`, when it is given'),
  provenAge: spec(['temporal_hbase_backup_last_proven_age_seconds', 'gauge', 'seconds'], SET, 'Age of the last proof'),
  provenAt: spec(
    ['temporal_hbase_backup_last_proven_timestamp_seconds', 'gauge', 'unix seconds'],
    SET,
    'Time of the last proof; 0 when there is none',
  ),
  provenObjective: spec(
    ['temporal_hbase_backup_proven_objective_seconds', 'gauge', 'seconds'],
    SET,
    '`objective.proven`, when it is given',
  ),
  restore: spec(
    ['temporal_hbase_backup_restore_seconds', 'gauge', 'seconds'],
    SET,
    'Restore time that the last drill measured',
  ),
  bytes: spec(['temporal_hbase_backup_bytes', 'gauge', 'bytes'], SET, 'Size of the last complete backup'),
  newBytes: spec(
    ['temporal_hbase_backup_new_bytes', 'gauge', 'bytes'],
    SET,
    'What the last complete backup added to its root',
  ),
  backups: spec(['temporal_hbase_backup_count', 'gauge', 'count'], SET, 'Backups that have not expired'),
  troubles: spec(
    ['temporal_hbase_backup_troubles', 'gauge', 'count'],
    [...SET, 'level'],
    'Troubles of the set, by level `warn` and `critical`',
  ),
  gaps: spec(
    ['temporal_hbase_backup_wal_chain_gap', 'gauge', 'count'],
    SET,
    'Gaps of the archived WALs that reach into the window; only of sets with an archive',
  ),
  coveredTo: spec(
    ['temporal_hbase_backup_wal_covered_timestamp_seconds', 'gauge', 'unix seconds'],
    SET,
    'Up to when every WAL is archived, by the clocks of the servers',
  ),
  walBytes: spec(['temporal_hbase_backup_wal_bytes', 'gauge', 'bytes'], SET, 'Size of the archived WALs'),
  readable: spec(
    ['temporal_hbase_backup_readable', 'gauge', 'count'],
    SET,
    '1 when the last watch could read the root',
  ),
  watchedAt: spec(
    ['temporal_hbase_backup_watch_timestamp_seconds', 'gauge', 'unix seconds'],
    SET,
    'Last watch of this worker',
  ),
  alerts: spec(
    ['temporal_hbase_alerts_total', 'counter', 'count'],
    ['target', 'outcome'],
    'Attempts to deliver an alert, `delivered` or `failed`',
  ),
  runs: spec(
    ['temporal_hbase_backup_runs_total', 'counter', 'count'],
    ['operation', 'set', 'outcome'],
    'Ended runs: of `backup`, `restore`, `drill`, `expiry`, `archive`, `export` and `import`; `completed`, `partial`, `failed`, `cancelled`',
  ),
  writePause: spec(
    ['temporal_hbase_cutover_write_pause_seconds', 'gauge', 'seconds'],
    PAIR,
    'How long the last cutover, or the last attempt at one, kept writes fenced',
  ),
  heldWalBytes: spec(
    ['temporal_hbase_migration_held_wal_bytes', 'gauge', 'bytes'],
    PAIR,
    'WALs that wait to be shipped, while a migration catches up',
  ),
  heldWalAge: spec(
    ['temporal_hbase_migration_held_wal_age_seconds', 'gauge', 'seconds'],
    PAIR,
    'Age of the oldest of them',
  ),
  lag: spec(
    ['temporal_hbase_migration_lag_seconds', 'gauge', 'seconds'],
    PAIR,
    'From a write on the source to its sight on the target, when a migration has caught up',
  ),
} as const satisfies Record<string, MetricSpec>;

export type LabelsOf<M extends MetricSpec> = Record<M['labels'][number], string>;
