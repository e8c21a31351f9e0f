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
  incrementRatio: number;
  /** Our whole backup of one table ÷ ExportSnapshot alone, by the time each took; above 1 is quicker. */
  backupThroughputRatio: number;
  /** Our whole restore to a new name ÷ ExportSnapshot and clone_snapshot. */
  restoreThroughputRatio: number;
  backupMbPerSecond: number;
  restoreMbPerSecond: number;
  /** Of an expiry of 1,000 backups, each with a file of its own, without the grace. */
  expiryMsPerEntry: number;
}

export function toBackupBenchResult(figures: BackupFigures, hbase: HBasePair): BackupBenchResult {
  return { ...figures, ok: toRows(figures).every(isMet), machine: describeMachine(hbase) };
}

export function formatBackupBench(result: BackupBenchResult): string {
  return formatRows(toRows(result), result.machine);
}

function toRows(figures: BackupFigures): Row[] {
  const atLeast = { atLeast: true, unit: '' } as const;
  return [
    { figure: 'increment ÷ changed bytes', value: figures.incrementRatio, target: 1.1, unit: '' },
    {
      figure: 'backup throughput ÷ ExportSnapshot',
      value: figures.backupThroughputRatio,
      target: 0.95,
      ...atLeast,
    },
    {
      figure: 'restore throughput ÷ ExportSnapshot and clone',
      value: figures.restoreThroughputRatio,
      target: 0.95,
      ...atLeast,
    },
    { figure: 'expiry, per backup of 1,000', value: figures.expiryMsPerEntry, target: 100, unit: ' ms' },
  ];
}
