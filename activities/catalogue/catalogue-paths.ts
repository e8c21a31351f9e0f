import type { BackupId } from '../../workflows/contract/backup/record.ts';
import type { TableName } from '../../workflows/contract/names.ts';
import { encodePathName } from '../run-record/record-paths.ts';

/** Everything of ours in a backup root stands below this folder; the rest of the root is ExportSnapshot's. */
const OWN_FOLDER = '.temporal-hbase';

/**
 * Where the catalogue of a backup root stands. WARNING: backups that are years old are found by these; never change
 * one.
 *
 * @param rootUri - Full URI of the backup root, e.g. `hdfs://nn:8020/backups`; a slash at its end is no part of it.
 */
export function createCataloguePaths(rootUri: string) {
  const own = `${rootUri.replace(/\/+$/, '')}/${OWN_FOLDER}`;
  const backup = (id: BackupId): string => `${own}/backups/${id}`;
  const tables = (id: BackupId): string => `${backup(id)}/tables`;
  return {
    root: `${own}/root.json`,
    clusters: `${own}/clusters`,
    cluster: (clusterId: string) => `${own}/clusters/${encodePathName(clusterId)}.json`,
    backups: `${own}/backups`,
    backup,
    record: (id: BackupId) => `${backup(id)}/record.json`,
    tables,
    /** The digest is part of the name: a list that differs never stands where another one is expected. */
    fileList: ({ id, table, filesDigest, part }: FileListPlace) =>
      `${tables(id)}/${encodePathName(table)}/${filesDigest.slice(0, 16)}-${part}.json`,
    events: `${own}/events`,
    eventsOf: (id: BackupId) => `${own}/events/${id}`,
    leases: `${own}/leases`,
    trash: `${own}/trash`,
  };
}

export type CataloguePaths = ReturnType<typeof createCataloguePaths>;

export interface FileListPlace {
  id: BackupId;
  table: TableName;
  /** sha256, hex. */
  filesDigest: string;
  /** Long lists stand in several files, counted from 0. */
  part: number;
}
