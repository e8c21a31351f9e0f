import type { OperationStatus, OperationTable } from '../contract/backup/status.ts';

const MOST_TABLES = 15;

/** What the Web UI shows on top of an operation: markdown in lists, since its renderer draws no borders. */
export function toOperationDetails(status: OperationStatus): string {
  return [headline(status), failure(status), blockers(status), tables(status), notice(status)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function headline({ operation, phase, since, cluster, root, set, backupId }: OperationStatus): string {
  const about = [set === undefined ? '' : `set ${set}`, backupId === undefined ? '' : `\`${backupId}\``];
  const more = about.filter((part) => part !== '').map((part) => ` · ${part}`);
  return `**${phase.replaceAll('-', ' ')}** since ${shortTime(since)}\n\n${operation} of ${cluster}, root ${root}${more.join('')}`;
}

function failure({ failure: cause }: OperationStatus): string {
  return cause === undefined ? '' : `**Failed** \`${cause.code}\`: ${cause.message.slice(0, 400)}`;
}

function blockers({ blockers: all = [] }: OperationStatus): string {
  return all
    .slice(0, 3)
    .map(({ message, since }) => `**Waits** since ${shortTime(since)}: ${message.slice(0, 300)}`)
    .join('\n\n');
}

function tables({ tables: all }: OperationStatus): string {
  if (all.length === 0) return '';
  const open = all.toSorted((a, b) => urgency(b) - urgency(a));
  const rest = all.length - MOST_TABLES;
  const lines = open.slice(0, MOST_TABLES).map(toLine);
  return [`**${all.length} tables**`, '', ...lines, ...(rest > 0 ? [`- and ${rest} more`] : [])].join('\n');
}

function toLine({ table, phase, sizeBytes, copiedBytes, failure: cause }: OperationTable): string {
  const why = cause === undefined ? '' : `, ${cause.code}: ${cause.message.slice(0, 80)}`;
  return `- \`${table}\` ${phase}, ${sizeBytes} B, ${copiedBytes} B copied${why}`;
}

function urgency({ phase }: OperationTable): number {
  if (phase === 'failed') return 2;
  return phase === 'waiting' || phase === 'done' ? 0 : 1;
}

function notice({ notices }: OperationStatus): string {
  const last = notices.at(-1);
  return last === undefined ? '' : `Last notice, ${shortTime(last.at)}: ${last.message.slice(0, 200)}`;
}

function shortTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
