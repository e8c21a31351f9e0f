import type { BackedUpTable, BackupRecord, BackupState } from '../../../workflows/contract/backup/record.ts';
import type { Retention } from '../../../workflows/contract/backup/requests.ts';

const NO_RULE: Retention = { last: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, withinMs: 0, timezone: 'UTC' };

/** A policy of only these rules. */
export const policyOf = (rules: Partial<Retention>): Retention => ({ ...NO_RULE, ...rules });

export function buildRecord(given: Partial<BackupRecord> & { startedAt: string }): BackupRecord {
  const startMs = Date.parse(given.startedAt);
  const id = `${given.startedAt.replace(/[-:]|\.\d+/g, '')}-run`;
  return {
    formatVersion: 1,
    id,
    runId: 'run',
    workflowId: 'backup-shop',
    set: 'shop',
    cause: 'schedule',
    tags: {},
    cluster: { name: 'old', clusterId: 'c1', version: '2.6.1' },
    finishedAt: new Date(startMs + 60_000).toISOString(),
    startMs,
    endMs: startMs + 1_000,
    skewMs: 0,
    tables: [],
    failed: [],
    bytes: 0,
    newBytes: 0,
    files: 0,
    skippedFiles: 0,
    checksum: 'composite-crc',
    digest: '',
    ...given,
  };
}

export function buildTable({ table, snapshot, files }: Pick<BackedUpTable, 'table' | 'snapshot' | 'files'>) {
  const rest = { families: [], attributes: {}, schemaDigest: '', regions: [], bytes: files, newBytes: 0 };
  return { table, snapshot, files, ...rest, filesDigest: '' } satisfies BackedUpTable;
}

const FAILED = [{ table: 'shop:carts', code: 'job.failed', message: 'the mapper ended' }];

/** A backup of the set `shop`, complete and sound unless told. */
export function buildState(
  startedAt: string,
  given: Partial<Omit<BackupState, 'record'>> & { record?: Partial<BackupRecord> } = {},
): BackupState {
  const { record, partial = false, ...rest } = given;
  const built = buildRecord({ startedAt, failed: partial ? FAILED : [], ...record });
  return { damaged: [], partial, ...rest, record: built };
}

const DRILL = { cluster: 'lab', startedAt: '', restoreMs: 1, bytes: 1, differences: [] };

/** What a drill that found no difference leaves. */
export const proven = (at = '2026-01-01T00:00:00Z'): Pick<BackupState, 'provenAt' | 'lastDrill'> => ({
  provenAt: at,
  lastDrill: { ...DRILL, result: 'equal', finishedAt: at },
});

export const disproved = (at = '2026-01-01T00:00:00Z'): Pick<BackupState, 'lastDrill'> => ({
  lastDrill: { ...DRILL, result: 'different', finishedAt: at, differences: ['shop:orders: 1 cell'] },
});
