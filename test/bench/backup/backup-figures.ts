import type { HBasePair } from '../../../sandbox/index.ts';
import { describeMachine, formatRows, isMet, type Machine, type Row } from '../figures.ts';

/** What `bench -- backup --json` prints. */
export interface BackupBenchResult extends BackupFigures {
  /** Every figure met its target. */
  ok: boolean;
  machine: Machine;
}

export interface BackupFigures {
  /** Bytes that the second backup copied ÷ bytes of keys and values written since the first. */
  incrementRatio: number | null;
  /**
   * Time of ExportSnapshot alone, typed once for each of six tables ÷ time of our whole backup of as many as large
   * ones; above 1 is quicker.
   */
  backupThroughputRatio: number | null;
  /** Time of ExportSnapshot back and `clone_snapshot` for each of six tables ÷ time of our whole restore. */
  restoreThroughputRatio: number | null;
  /** The same of one table, that is copied in ten seconds: the fixed seconds of a whole backup show, so without target. */
  oneTableBackupRatio: number | null;
  oneTableRestoreRatio: number | null;
  /** Of ours, of six tables. */
  backupMbPerSecond: number | null;
  restoreMbPerSecond: number | null;
  /** Of an expiry of 1,000 backups, each with a file of its own, without the grace. */
  expiryMsPerEntry: number | null;
}

/** A figure that was not asked for is null. */
export const NO_BACKUP_FIGURES: BackupFigures = {
  incrementRatio: null,
  backupThroughputRatio: null,
  restoreThroughputRatio: null,
  oneTableBackupRatio: null,
  oneTableRestoreRatio: null,
  backupMbPerSecond: null,
  restoreMbPerSecond: null,
  expiryMsPerEntry: null,
};

export function toBackupBenchResult(figures: BackupFigures, hbase: HBasePair): BackupBenchResult {
  return { ...figures, ok: toRows(figures).every(isMet), machine: describeMachine(hbase) };
}

export function formatBackupBench(result: BackupBenchResult): string {
  return formatRows(toRows(result), result.machine);
}

function toRows(figures: BackupFigures): Row[] {
  const least = { target: 0.95, atLeast: true, unit: '' } as const;
  const all: (Omit<Row, 'value'> & { value: number | null })[] = [
    { figure: 'increment ÷ changed bytes', value: figures.incrementRatio, target: 1.1, unit: '' },
    { figure: 'backup throughput ÷ ExportSnapshot, six tables', value: figures.backupThroughputRatio, ...least },
    { figure: 'restore throughput ÷ by hand, six tables', value: figures.restoreThroughputRatio, ...least },
    { figure: 'backup ÷ ExportSnapshot, one table', value: figures.oneTableBackupRatio, unit: '' },
    { figure: 'restore ÷ by hand, one table', value: figures.oneTableRestoreRatio, unit: '' },
    { figure: 'expiry, per backup of 1,000', value: figures.expiryMsPerEntry, target: 100, unit: ' ms' },
  ];
  return all.flatMap(({ value, ...row }) => (value === null ? [] : [{ ...row, value }]));
}
