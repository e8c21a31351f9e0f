import type { TableLineage } from '../../../workflows/contract/backup/archive.ts';
import { splitTableName, type TableName } from '../../../workflows/contract/names.ts';
import { digestOf } from '../../digest.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { inParallel } from '../proof/in-parallel.ts';

const AT_ONCE = 8;

/** Tables that are there; one that goes in between is as if it had gone before. */
export async function readLineage(
  cluster: HBaseCluster,
  { tables, rootDir }: { tables: TableName[]; rootDir: string },
): Promise<TableLineage[]> {
  const existing = new Set(await cluster.listTables());
  const found = await inParallel(
    { items: tables.filter((table) => existing.has(table)), limit: AT_ONCE },
    async (table) => {
      const [description, regions, file] = await Promise.all([
        cluster.readTable(table),
        cluster.listRegions(table),
        readDescriptorFile({ list: (path) => cluster.files.list(path) }, { table, rootDir }),
      ]);
      if (!description) return undefined;
      const { enabled: _enabled, regions: _regions, sizeBytes: _size, ...descriptor } = description;
      return {
        table,
        families: description.families.map(({ name }) => name).toSorted(),
        descriptor: digestOf(descriptor),
        ...(file === undefined ? {} : { descriptorFile: file }),
        regions: regions.map(({ encodedName }) => encodedName).toSorted(),
      };
    },
  );
  return found.filter((one) => one !== undefined);
}

/** A change of the descriptor writes a new file with the next number; a table that is made again begins at 1. */
async function readDescriptorFile(
  { list }: { list: (path: string) => Promise<{ name: string; modifiedMs: number }[]> },
  { table, rootDir }: { table: TableName; rootDir: string },
): Promise<string | undefined> {
  const { namespace, qualifier } = splitTableName(table);
  const files = await list(`${rootDir}/data/${namespace}/${qualifier}/.tabledesc`);
  const newest = files
    .filter(({ name }) => name.startsWith('.tableinfo.'))
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .at(-1);
  return newest && `${newest.name}@${newest.modifiedMs}`;
}
