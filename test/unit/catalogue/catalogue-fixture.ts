import type { FileStore } from '../../../activities/hbase/cluster.ts';
import { createCatalogue, type RootCatalogue } from '../../../activities/catalogue/create-catalogue.ts';
import { digestFiles, sealRecord } from '../../../activities/catalogue/seal.ts';
import type {
  BackedUpTable,
  BackupFiles,
  BackupRecord,
  BackupState,
} from '../../../workflows/contract/backup/record.ts';
import { createMemoryFiles } from '../../support/memory-files.ts';

export const ROOT = 'hdfs://nn:8020/backups';
export const OWN = `${ROOT}/.temporal-hbase`;

/** `change` replaces verbs of the file store before the catalogue takes it. */
export function createTestCatalogue(
  contents = new Map<string, string>(),
  change: (files: FileStore) => Partial<FileStore> = () => ({}),
) {
  const memory = createMemoryFiles(contents);
  const files = { ...memory, ...change(memory) };
  return { files, catalogue: createCatalogue({ files, rootUri: `${ROOT}/`, nowMs: () => 0 }) };
}

export const toId = (number: number): string => `20261121T${String(number).padStart(6, '0')}Z-run${number}`;

export function filesOf(id: string, table = 'shop:orders', count = 2): BackupFiles {
  const files = Array.from({ length: count }, (_, index) => ({ path: `archive/data/f${index}`, bytes: index }));
  return { formatVersion: 1, id, table, files };
}

export function tableOf(list: BackupFiles): BackedUpTable {
  return {
    table: list.table,
    snapshot: `thb_${list.id}`,
    families: [
      {
        name: 'cf',
        maxVersions: 1,
        ttlSeconds: 2_147_483_647,
        compression: 'NONE',
        dataBlockEncoding: 'NONE',
        attributes: {},
      },
    ],
    attributes: {},
    schemaDigest: 'x',
    regions: [{ startKey: '', endKey: '' }],
    bytes: 1,
    newBytes: 1,
    files: list.files.length,
    filesDigest: digestFiles(list),
  };
}

export function recordOf(id: string, changes: Partial<BackupRecord> = {}): BackupRecord {
  const { digest: _digest, ...rest } = { digest: '', ...changes };
  return sealRecord({
    formatVersion: 1,
    id,
    runId: id.split('-')[1] ?? '',
    workflowId: `backup-${id}`,
    set: 'nightly',
    cause: 'manual',
    tags: {},
    cluster: { name: 'old', clusterId: 'c-1', version: '2.6.1' },
    startedAt: '2026-11-21T07:15:00.000Z',
    finishedAt: '2026-11-21T07:16:00.000Z',
    startMs: 1_000,
    endMs: 2_000,
    skewMs: 10,
    tables: [tableOf(filesOf(id))],
    failed: [],
    bytes: 1,
    newBytes: 1,
    files: 2,
    skippedFiles: 0,
    checksum: 'composite-crc',
    ...rest,
  });
}

export function stateOf(
  id: string,
  changes: Partial<BackupRecord> & { state?: Partial<BackupState> } = {},
): BackupState {
  const { state, ...record } = changes;
  return { record: recordOf(id, record), damaged: [], partial: (record.failed ?? []).length > 0, ...state };
}

/** Lists first, the record last. */
export async function writeBackup(catalogue: RootCatalogue, id: string): Promise<BackupRecord> {
  const record = recordOf(id);
  await catalogue.writeFiles(filesOf(id));
  await catalogue.writeRecord(record);
  return record;
}
