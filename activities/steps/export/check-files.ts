import type { ExportedTableFile, ExportRecord } from '../../../workflows/contract/backup/export.ts';
import type { ExportChainStore } from '../../catalogue/export-chain.ts';
import type { FileStore } from '../../hbase/cluster.ts';
import { listDataFiles } from './export-table.ts';

/**
 * What differs between the folder of a table and its list: missing, of another length, or more than there should be,
 * since Import reads whatever the folder holds.
 */
export async function findDamage(
  { files: store, paths }: { files: FileStore; paths: ExportChainStore['paths'] },
  { id }: Pick<ExportRecord, 'id'>,
  { folder, files }: Pick<ExportedTableFile, 'folder' | 'files'>,
): Promise<string[]> {
  const uri = paths.folder(id, folder);
  const standing = new Map((await listDataFiles(store, uri)).map(({ name, bytes }) => [name, bytes]));
  const listed = new Set(files.map(({ name }) => name));
  return [
    ...files.flatMap(({ name, bytes }) => {
      const found = standing.get(name);
      if (found === bytes) return [];
      return [`${uri}/${name} ${found === undefined ? 'is missing' : `has ${found} bytes instead of ${bytes}`}`];
    }),
    ...[...standing.keys()].filter((name) => !listed.has(name)).map((name) => `${uri}/${name} is none of the export`),
  ];
}
