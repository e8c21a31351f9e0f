import type { ExportRecord, ExportScope, ExportWarning } from '../../../workflows/contract/backup/export.ts';
import type { BackedUpFamily } from '../../../workflows/contract/backup/record.ts';
import type { TableName } from '../../../workflows/contract/names.ts';

export interface WarningFacts extends Pick<ExportRecord, 'kind' | 'fromMs'>, ExportScope {
  tables: { table: TableName; families: Pick<BackedUpFamily, 'name' | 'maxVersions' | 'ttlSeconds'>[] }[];
  /** Tables with markers of bulk loads in the WALs that are still there, since the range began. */
  bulkLoaded: readonly TableName[];
}

const FOREVER_SECONDS = 2_147_483_647;

/** What a chain of time ranges cannot carry, said with every export that it is true of. Pure. */
export function describeWarnings(facts: WarningFacts): ExportWarning[] {
  const { kind, raw, tables, families } = facts;
  return [
    ...(kind === 'increment' ? describeIncrement(facts) : []),
    ...(raw ? [PURGED] : []),
    ...tables.flatMap((table) => {
      const exported = table.families.filter(({ name }) => families.length === 0 || families.includes(name));
      return [...describeTtl(table.table, exported), ...describeVersions(table.table, { exported, ...facts })];
    }),
  ];
}

const PURGED: ExportWarning = {
  code: 'export.purged-deletes',
  message:
    'Delete markers that a major compaction has removed are not in it: hold them (KEEP_DELETED_CELLS, or ' +
    'hbase.hstore.time.to.purge.deletes) for longer than the time between two exports.',
};

function describeIncrement({ raw, fromMs, bulkLoaded }: WarningFacts): ExportWarning[] {
  const from = new Date(fromMs).toISOString();
  return [
    {
      code: 'export.back-dated',
      message: `Cells with a timestamp before ${from} that were written since are not in it, nor in any later one.`,
    },
    ...(raw
      ? []
      : [
          {
            code: 'export.deletes',
            message: 'Deletes are not in it: what the chain has brought once stays, also when it was deleted since.',
          },
        ]),
    {
      code: 'export.bulk-loads',
      message: `Files loaded since with timestamps before ${from} are not in it.`,
    },
    ...bulkLoaded.map((table) => ({
      code: 'export.bulk-loads',
      table,
      message: `Files were loaded into ${table} since: export it anew with "newBase" when their cells are older.`,
    })),
  ];
}

function describeTtl(table: TableName, families: WarningFacts['tables'][number]['families']): ExportWarning[] {
  const names = families.filter(({ ttlSeconds }) => ttlSeconds < FOREVER_SECONDS).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    {
      code: 'export.ttl',
      table,
      message: `Cells of ${names.join(', ')} that have expired are not in it, and those that expire later do so wherever they are.`,
    },
  ];
}

function describeVersions(
  table: TableName,
  { exported, versions }: { exported: WarningFacts['tables'][number]['families']; versions: number },
): ExportWarning[] {
  const names = exported.filter(({ maxVersions }) => maxVersions > versions).map(({ name }) => name);
  if (names.length === 0) return [];
  const message = `${names.join(', ')} keeps more versions than the ${versions} that are exported of each range.`;
  return [{ code: 'export.versions', table, message }];
}
