import type { ComparedRows, DeletedRows, LedgerCheck } from '../../../sandbox/index.ts';
import type { BackupSummary } from '../../../workflows/contract/backup/record.ts';
import type { DrillReport, RestoreReport } from '../../../workflows/contract/backup/step-data.ts';
import type { ReportPage } from '../../render/html-report.ts';
import { formatBytes, formatDuration } from '../../render/quantities.ts';
import type { Told } from './backup-story.ts';

/** The last line of `demo backup --json`. Names are read by scripts: never rename one. */
export interface BackupDemoResult {
  ok: boolean;
  /** Made by the schedule. */
  backups: number;
  /** Of the newest backup. */
  bytesTotal: number;
  /** Copied for it; the rest was in the root. */
  bytesNew: number;
  /** ISO: the second before the mistake. */
  restoredTo: string;
  deletedRows: number;
  /** Of the deleted rows, those that the restore did not bring back. */
  lostRows: number;
  /** Cells that are not what they were then, by the rows read before the mistake and by the writers' ledgers. */
  mismatchedCells: number;
  /** By the ledger of the restored table, at that second. */
  acknowledgedWrites: number;
  drill: DrillReport['result'];
  leaks: string[];
  durationsMs: Record<string, number>;
}

export interface BackupEvidence {
  backups: BackupSummary[];
  deleted: DeletedRows;
  toMs: number;
  restored: RestoreReport;
  drill: DrillReport;
  rows: ComparedRows;
  /** Of the restored table's writer, as of the instant. */
  atInstant: LedgerCheck;
  /** Of the other writer, at the end. */
  after: LedgerCheck;
  /** Runs that the clusters still know of. */
  leftRuns: string[];
  durationsMs: Record<string, number>;
}

export function toBackupResult(evidence: BackupEvidence): BackupDemoResult {
  const { backups, deleted, rows, atInstant, after, drill, leftRuns } = evidence;
  const newest = backups.toSorted((a, b) => a.endMs - b.endMs).at(-1);
  const result: Omit<BackupDemoResult, 'ok'> = {
    backups: backups.length,
    bytesTotal: newest?.bytes ?? 0,
    bytesNew: newest?.newBytes ?? 0,
    restoredTo: new Date(evidence.toMs).toISOString(),
    deletedRows: deleted.rows.size,
    lostRows: rows.lostRows,
    mismatchedCells: rows.mismatchedCells + countFindings(atInstant) + countFindings(after),
    acknowledgedWrites: atInstant.acknowledged,
    drill: drill.result,
    leaks: leftRuns.map((run) => `run record of ${run}`),
    durationsMs: evidence.durationsMs,
  };
  return { ok: isWell(result), ...result };
}

/** Where nothing was backed up, deleted or written, nothing is proven. */
function isWell(result: Omit<BackupDemoResult, 'ok'>): boolean {
  const isShown =
    result.backups > 1 &&
    result.bytesNew < result.bytesTotal &&
    result.deletedRows > 0 &&
    result.acknowledgedWrites > 0;
  const isUndone = result.lostRows === 0 && result.mismatchedCells === 0;
  return isShown && isUndone && result.drill === 'equal' && result.leaks.length === 0;
}

function countFindings({ lost, resurrected, unexpected }: LedgerCheck): number {
  return lost.length + resurrected.length + unexpected.length;
}

export function formatBackupResult(result: BackupDemoResult): string[] {
  const { bytesTotal, bytesNew, leaks, durationsMs } = result;
  return [
    '',
    result.ok ? 'The mistake is undone, and nothing was left behind.' : 'SOMETHING WENT WRONG:',
    `  backups              ${result.backups}, the newest of ${formatBytes(bytesTotal)}, ${formatBytes(bytesNew)} of it new`,
    `  restored to          ${result.restoredTo}`,
    `  rows deleted         ${result.deletedRows}`,
    `  rows lost            ${result.lostRows}`,
    `  cells that differ    ${result.mismatchedCells}, with ${result.acknowledgedWrites} acknowledged writes by then`,
    `  drill                ${result.drill}`,
    `  left behind          ${leaks.length === 0 ? 'nothing' : leaks.join('; ')}`,
    `  took                 ${formatDuration(durationsMs['total'] ?? 0)}, the restore ${formatDuration(durationsMs['restore'] ?? 0)}`,
  ];
}

export function toBackupPage(
  result: BackupDemoResult,
  { told, backups, status }: { told: Told[]; backups: BackupSummary[]; status: string[] },
): ReportPage {
  const { bytesTotal, bytesNew } = result;
  return {
    title: 'temporal-hbase demo of backups',
    figures: [
      { label: 'backups by schedule', value: String(result.backups), good: result.backups > 1 },
      { label: `new of ${formatBytes(bytesTotal)}`, value: formatBytes(bytesNew), good: bytesNew < bytesTotal },
      { label: 'rows deleted by mistake', value: String(result.deletedRows), good: result.deletedRows > 0 },
      { label: 'rows lost', value: String(result.lostRows), good: result.lostRows === 0 },
      { label: 'cells that differ', value: String(result.mismatchedCells), good: result.mismatchedCells === 0 },
      { label: 'drill', value: result.drill, good: result.drill === 'equal' },
      { label: 'left behind', value: String(result.leaks.length), good: result.leaks.length === 0 },
    ],
    reports: [],
    sections: [
      { title: 'What happened', head: ['UTC', ''], rows: told.map(({ at, what }) => [at.slice(11, 19), what]) },
      {
        title: 'Backups',
        head: ['backup', 'ended', 'bytes', 'new'],
        rows: backups.map(({ id, finishedAt, bytes, newBytes }) => [
          id,
          finishedAt,
          formatBytes(bytes),
          formatBytes(newBytes),
        ]),
      },
      { title: 'backup status', head: [], rows: status.map((line) => [line.trim()]) },
    ],
  };
}
