import type { BackupDetails, BackupSummary } from '../../workflows/contract/backup/record.ts';
import type { CatalogueSummary } from '../../workflows/contract/backup/step-data.ts';
import { formatColumns } from './columns.ts';
import { formatBytes } from './quantities.ts';

/** A line per backup, oldest first, and whatever cannot be read. */
export function formatCatalogue({ backups, damaged }: CatalogueSummary): string[] {
  const header = ['BACKUP', 'SET', 'ENDED', 'TABLES', 'BYTES', 'NEW', 'PROVEN', 'STATE'];
  return [
    ...(backups.length === 0 ? ['no backup yet'] : formatColumns([header, ...backups.map(toRow)])),
    ...damaged.map(({ path, why }) => `DAMAGED ${path}: ${why}`),
  ];
}

function toRow(backup: BackupSummary): string[] {
  const { id, set, finishedAt, tables, bytes, newBytes, provenAt } = backup;
  const proven = provenAt === undefined ? 'never' : provenAt.slice(0, 10);
  return [
    id,
    set,
    finishedAt.slice(0, 19),
    String(tables),
    formatBytes(bytes),
    formatBytes(newBytes),
    proven,
    toState(backup),
  ];
}

function toState({ failed, damaged, lastDrill, keptFor, expiringSince }: BackupSummary): string {
  const parts = [
    ...(failed > 0 ? [`PARTIAL: ${failed} tables missing`] : []),
    ...(damaged > 0 ? [`DAMAGED: ${damaged}`] : []),
    ...(lastDrill?.result === 'different' ? ['DIFFERENT: its last drill'] : []),
    ...(keptFor === undefined ? [] : [`kept: ${keptFor}`]),
    ...(expiringSince === undefined ? [] : [`expiring since ${expiringSince}`]),
  ];
  return parts.length === 0 ? 'complete' : parts.join('; ');
}

/** Everything about one backup. */
export function formatBackup({ record, provenAt, keptFor, damaged, lastDrill }: BackupDetails): string[] {
  const { id, set, cause, cluster, startedAt, finishedAt, startMs, endMs, skewMs, bytes, newBytes, checksum } = record;
  return [
    `${id}  set ${set}, ${cause}`,
    `  of ${cluster.name} (${cluster.clusterId}, HBase ${cluster.version}), ${startedAt} to ${finishedAt}`,
    `  holds every edit before ${toInstant(startMs - skewMs)} and none after ${toInstant(endMs + skewMs)}`,
    `  ${formatBytes(bytes)}, ${formatBytes(newBytes)} of it new; files compared by ${checksum}`,
    `  proven: ${provenAt ?? 'never'}${lastDrill === undefined ? '' : `, last drill ${lastDrill.result} in ${lastDrill.restoreMs} ms`}`,
    ...(keptFor === undefined ? [] : [`  kept: ${keptFor}`]),
    ...(lastDrill?.differences ?? []).map((what) => `  DIFFERENT ${what}`),
    ...damaged.map((what) => `  DAMAGED ${what}`),
    ...formatColumns(
      record.tables.map(({ table, regions, files, bytes: size, content }) => [
        `  ${table}`,
        `${regions} regions`,
        `${files} files`,
        formatBytes(size),
        content === undefined ? '' : `${content.rows} rows, ${content.cells} cells`,
      ]),
    ),
    ...record.failed.map(({ table, code, message }) => `  MISSING ${table}: ${code}: ${message}`),
  ];
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}
