import pLimit from 'p-limit';
import { createCatalogue } from '../../../activities/catalogue/create-catalogue.ts';
import { sealRecord } from '../../../activities/catalogue/seal.ts';
import type { FileStore } from '../../../activities/hbase/cluster.ts';
import type { BackupRecord } from '../../../workflows/contract/backup/record.ts';

const AT_ONCE = 16;
const HOUR_MS = 3_600_000;
const REGION = 'f'.repeat(32);

/** Older backups of one table beside a real one, each with a file that nothing else needs. */
export async function writeSyntheticBackups(
  store: FileStore,
  { rootUri, newest, count }: { rootUri: string; newest: BackupRecord; count: number },
): Promise<void> {
  const catalogue = createCatalogue({ files: store, rootUri, nowMs: () => Date.now() });
  const limit = pLimit(AT_ONCE);
  const writeOne = async (number: number): Promise<void> => {
    const { record, path } = toOlder(newest, number);
    await store.create(`${rootUri}/${path}`, 'file');
    const [table] = record.tables;
    if (table === undefined) throw new Error('the backup has no table');
    const files = [{ path, bytes: 4 }];
    const filesDigest = await catalogue.writeFiles({ formatVersion: 1, id: record.id, table: table.table, files });
    await catalogue.writeRecord(sealRecord({ ...record, tables: [{ ...table, filesDigest }] }));
  };
  await Promise.all(Array.from({ length: count }, (_, index) => limit(() => writeOne(index + 1))));
}

/** As it would have been so many hours ago. */
function toOlder(newest: BackupRecord, number: number): { record: BackupRecord; path: string } {
  const [table] = newest.tables;
  if (table === undefined) throw new Error('the backup has no table');
  const shift = (ms: number) => ms - number * HOUR_MS;
  const shiftIso = (iso: string) => new Date(shift(Date.parse(iso))).toISOString();
  const startedAt = shiftIso(newest.startedAt);
  const runId = `synthetic${number}`;
  const id = `${startedAt.replace(/\.\d+/, '').replace(/[-:]/g, '')}-${runId}`;
  const record = {
    ...newest,
    id,
    runId,
    startedAt,
    finishedAt: shiftIso(newest.finishedAt),
    startMs: shift(newest.startMs),
    endMs: shift(newest.endMs),
    files: 1,
    bytes: 4,
    newBytes: 4,
    tables: [{ ...table, snapshot: `thb_${runId}_gone`, files: 1, bytes: 4, newBytes: 4 }],
  };
  return { record, path: `archive/data/bench/gone/${REGION}/a/${number.toString(16).padStart(32, '0')}` };
}
