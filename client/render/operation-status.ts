import type { OperationStatus, OperationTable } from '../../workflows/contract/backup/status.ts';
import { formatColumns } from './columns.ts';
import { formatBytes, formatSince } from './quantities.ts';

export interface OperationView {
  status: OperationStatus;
  nowMs: number;
  /** What the running steps say they do. */
  now: string[];
}

/** Everything about one operation, for a terminal. */
export function formatOperation({ status, nowMs, now }: OperationView): string[] {
  const { workflowId, operation, phase, since, cluster, root, set, backupId, runId } = status;
  return [
    `${workflowId}: ${phase} for ${formatSince(since, nowMs)}`,
    `  ${operation} of ${cluster}, root ${root}${suffix('set', set)}${suffix('backup', backupId)}${suffix('run', runId)}`,
    ...formatColumns(status.tables.map((table) => toRow(table, nowMs))),
    ...now.map((line) => `  now: ${line}`),
    ...status.notices.slice(-3).map(({ at, message }) => `  note ${at}: ${message}`),
    ...status.residues.map(({ cluster: on, what, command }) => `  kept on ${on}: ${what} (${command})`),
    ...(status.leaks ?? []).map((leak) => `  LEFT BEHIND: ${leak}`),
    ...(status.blockers ?? []).map(({ message, since }) => `  waits since ${since}: ${message}`),
    ...(status.failure === undefined ? [] : [`  failed: ${status.failure.code}: ${status.failure.message}`]),
  ];
}

/** One line per change, for a pipe. */
export function formatOperationLine({ status: { operation, phase, tables }, now }: OperationView): string {
  const counts = new Map<string, number>();
  for (const table of tables) counts.set(table.phase, (counts.get(table.phase) ?? 0) + 1);
  const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  const copied = tables.reduce((sum, { copiedBytes }) => sum + copiedBytes, 0);
  const parts = [`${operation} ${phase}`, states, `${formatBytes(copied)} copied`, ...now.slice(0, 2)];
  return parts.filter((part) => part !== '').join('; ');
}

function toRow({ table, phase, since, sizeBytes, copiedBytes, failure }: OperationTable, nowMs: number): string[] {
  const sizes = `${formatBytes(copiedBytes)} copied of ${formatBytes(sizeBytes)}`;
  const why = failure === undefined ? '' : `${failure.code}: ${failure.message}`;
  return [`  ${table}`, phase, formatSince(since, nowMs), sizes, why];
}

function suffix(name: string, value: string | undefined): string {
  return value === undefined ? '' : `, ${name} ${value}`;
}
