import type { Blocker, MigrationStatus, TableStatus, VerificationVerdict } from '../../workflows/contract/status.ts';
import type { StepProgress } from '../../workflows/contract/step-data.ts';
import type { PendingStep } from '../read-pending.ts';
import { formatColumns } from './columns.ts';
import { formatTrying, isTryingAgain } from './pending.ts';
import { formatBytes, formatDuration, formatSince } from './quantities.ts';

export interface StatusView {
  status: MigrationStatus;
  /** Heartbeats of the activities that run now. */
  progress: StepProgress[];
  /** Steps that run or wait for their next try, of the run and of its children. */
  pending: PendingStep[];
  nowMs: number;
}

/** The whole status as lines. Pure: what `status`, `status --watch` and the demo paint. */
export function formatStatus({ status, progress, pending, nowMs }: StatusView): string[] {
  return [
    `${status.workflowId}: ${status.phase} for ${formatSince(status.since, nowMs)}${status.paused ? ' (paused)' : ''}`,
    `  ${status.source} → ${status.target}${status.runId ? `, run ${status.runId}` : ''}`,
    ...formatColumns(status.tables.map((table) => formatTable(table, nowMs))).map((line) => `  ${line}`),
    ...progress.map((step) => `  now: ${formatProgress(step)}`),
    ...pending.filter(isTryingAgain).map((step) => `  trying: ${formatTrying(step, nowMs)}`),
    ...formatReplication(status),
    ...status.blockers.map((blocker) => `  waits for ${formatBlocker(blocker, nowMs)}`),
    ...formatApproval(status),
    ...status.residues.map(({ what, command }) => `  left on purpose: ${what} (${command})`),
    ...(status.leaks ?? []).map((leak) => `  leaked: ${leak}`),
    ...status.notices.slice(-3).map(({ at, message }) => `  note ${at}: ${message}`),
    ...(status.failure === undefined ? [] : [`  failed: ${status.failure.code}: ${status.failure.message}`]),
  ];
}

/** One line per change, for pipes and logs: the state and its reason. */
export function formatStatusLine({ status, progress, pending, nowMs }: StatusView): string {
  const reasons = status.blockers.map(({ code, since }) => `${code} ${formatSince(since, nowMs)}`);
  const copied = status.tables.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0);
  const total = status.tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const tables = status.tables.map(({ table, phase }) => `${table}=${phase}`).join(' ');
  // The watch runs beside everything else and would take turns with what matters.
  const active = progress.find(({ step }) => step !== 'watchRun');
  const trying = pending.find(isTryingAgain);
  return [
    status.phase,
    tables,
    total > 0 ? `copied ${formatBytes(copied)}/${formatBytes(total)}` : '',
    status.backlog?.probeLagMs === undefined ? '' : `lag ${formatDuration(status.backlog.probeLagMs)}`,
    reasons.length > 0 ? `waits: ${reasons.join(', ')}` : '',
    active === undefined ? '' : `now: ${formatProgress(active)}`,
    trying === undefined ? '' : `trying: ${formatTrying(trying, nowMs)}`,
  ]
    .filter(Boolean)
    .join('; ');
}

function formatTable(table: TableStatus, nowMs: number): string[] {
  const copied = table.sizeBytes > 0 ? `${formatBytes(table.copiedBytes)} of ${formatBytes(table.sizeBytes)}` : '';
  const remark =
    table.failure === undefined ? formatVerdict(table.verification) : `${table.failure.code}: ${table.failure.message}`;
  return [table.table, table.phase, formatSince(table.since, nowMs), copied, remark];
}

function formatVerdict(verdict: VerificationVerdict | undefined): string {
  if (verdict === undefined) return '';
  const healed = verdict.recomparedRows > 0 ? `, ${verdict.recomparedRows} rows compared again` : '';
  if (verdict.result === 'equal') return `equal: ${verdict.rowsSource} rows, ${verdict.cells} cells${healed}`;
  return `DIFFERENT: ${verdict.differentRows} rows${verdict.examplesFile ? `, examples in ${verdict.examplesFile}` : ''}`;
}

function formatProgress({ step, table, phase, done, total, unit }: StepProgress): string {
  const subject = table === undefined ? step : `${step} ${table}`;
  if (done === undefined || total === undefined || total === 0) return `${subject}: ${phase}`;
  const percent = Math.floor((100 * done) / total);
  const amount =
    unit === 'bytes' ? `${formatBytes(done)} of ${formatBytes(total)}` : `${done} of ${total} ${unit ?? ''}`.trimEnd();
  return `${subject}: ${phase}, ${amount} (${percent} %)`;
}

function formatReplication({ backlog, heldWals }: MigrationStatus): string[] {
  const lines: string[] = [];
  if (backlog !== undefined) {
    const lag = backlog.probeLagMs === undefined ? '' : `, lag ${formatDuration(backlog.probeLagMs)}`;
    lines.push(`  replication: ${backlog.wals} WALs, ${formatBytes(backlog.bytes)}${lag} (as of ${backlog.asOf})`);
  }
  if (heldWals !== undefined) {
    const full = heldWals.diskFullAt === undefined ? '' : `, disk full at ${heldWals.diskFullAt} at this rate`;
    lines.push(`  held WALs: ${formatBytes(heldWals.bytes)}, ${formatBytes(heldWals.freeBytes)} free${full}`);
  }
  return lines;
}

function formatBlocker({ code, message, since, fix }: Blocker, nowMs: number): string {
  return `${code} since ${formatSince(since, nowMs)}: ${message}${fix ? ` → ${fix}` : ''}`;
}

function formatApproval({ workflowId, canCutOver, evidenceDigest }: MigrationStatus): string[] {
  if (!canCutOver || evidenceDigest === undefined) return [];
  return [`  approve: temporal-hbase approve ${workflowId} --digest ${evidenceDigest}`];
}

/** What an approval is about: the wave with its proofs. */
export function formatEvidence({ source, target, tables, evidenceDigest }: MigrationStatus): string[] {
  const wave = tables.filter(({ leftOutBy }) => leftOutBy === undefined);
  const left = tables.filter(({ leftOutBy }) => leftOutBy !== undefined);
  return [
    `cut over from ${source} to ${target}:`,
    ...formatColumns(wave.map(({ table, phase, verification }) => [table, phase, formatVerdict(verification)])).map(
      (line) => `  ${line}`,
    ),
    ...left.map(({ table, leftOutBy }) => `  without ${table}, left out by ${leftOutBy}`),
    `digest ${evidenceDigest}`,
  ];
}
