import type { ExportId } from '../../workflows/contract/backup/export.ts';
import type { TableName } from '../../workflows/contract/names.ts';
import { encodePathName } from '../run-record/record-paths.ts';

/** Where the chains of exports stand in a backup root. WARNING: they are found by these for years; never change one. */
export function createExportPaths(rootUri: string, chain: string) {
  const own = `${toExportsFolder(rootUri)}/${encodePathName(chain)}`;
  const data = (id: ExportId): string => `${own}/data/${id}`;
  return {
    leases: `${own}/leases`,
    events: `${own}/events`,
    records: `${own}/records`,
    record: (number: number) => `${own}/records/${String(number).padStart(6, '0')}.json`,
    /** Of one run: goes with its undo unless a record names it. */
    data,
    table: (id: ExportId, table: TableName) => `${data(id)}/${encodePathName(table)}.json`,
    /** An Export only writes into a folder that is not there yet, so each launch has one. */
    folder: (id: ExportId, folder: string) => `${data(id)}/${folder}`,
    folderName: (table: TableName, launch: number) => `${encodePathName(table)}~${launch}`,
  };
}

export type ExportPaths = ReturnType<typeof createExportPaths>;

/** Where all chains stand. */
export function toExportsFolder(rootUri: string): string {
  return `${rootUri.replace(/\/+$/, '')}/.temporal-hbase/exports`;
}
