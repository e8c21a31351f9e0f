import type { BackedUpTable, BackupRecord } from '../../../workflows/contract/backup/record.ts';
import type { RestoreRequest } from '../../../workflows/contract/backup/requests.ts';
import type { Problem } from '../../../workflows/contract/failures.ts';
import { isSystemTable, splitTableName, TABLE_NAME, type TableName } from '../../../workflows/contract/names.ts';
import { toCanonicalName } from '../../../workflows/contract/requests/fields.ts';
import { resolveTables } from '../plan/resolve-tables.ts';
import { groupBy } from './backup-order.ts';

/** A table of a backup and the name that it comes back by. */
export interface NamedTable<T extends { table: TableName } = BackedUpTable> {
  backedUp: T;
  as: TableName;
}

type AnyNamed = NamedTable<{ table: TableName }>;

/** HDFS limits a path component to 255 bytes, and a table is one. */
const LONGEST_QUALIFIER = 255;

/** Which tables of a backup are wanted, and what they will be called; or everything that is wrong with it. Pure. */
export function nameRestored<T extends { table: TableName } = BackedUpTable>(
  { id, tables: backedUp, what = `backup ${id}` }: Pick<BackupRecord, 'id'> & { tables: T[]; what?: string },
  { tables: wanted, as }: Pick<RestoreRequest, 'tables' | 'as'>,
): { tables: NamedTable<T>[]; problems: Problem[] } {
  const existing = backedUp.map(({ table }) => table);
  const found =
    wanted.length === 0 ? { tables: existing, problems: [] } : resolveTables(wanted, { existing, cluster: what });
  const tables = backedUp
    .filter(({ table }) => found.tables.includes(table))
    .map((table) => ({ backedUp: table, as: toNewName(table.table, as) }));
  return { tables, problems: [...found.problems, ...tables.flatMap(judgeName), ...findMeeting(tables)] };
}

function toNewName(table: TableName, { namespace, suffix = '' }: RestoreRequest['as']): TableName {
  const old = splitTableName(table);
  return toCanonicalName(`${namespace ?? old.namespace}:${old.qualifier}${suffix}`);
}

function judgeName({ backedUp: { table }, as }: AnyNamed): Problem[] {
  const isLegal = TABLE_NAME.test(as) && Buffer.byteLength(splitTableName(as).qualifier) <= LONGEST_QUALIFIER;
  if (isLegal && !isSystemTable(as)) return [];
  return [{ field: 'as', message: `${table} would become "${as}", which is no name that a table may have` }];
}

function findMeeting(tables: AnyNamed[]): Problem[] {
  const met = [...groupBy(tables, ({ as }) => as)].filter(([, group]) => group.length > 1);
  return met.map(([as, group]) => {
    const names = group.map(({ backedUp: { table } }) => table).join(' and ');
    return { field: 'as', message: `${names} would both become ${as}; restore them one after the other` };
  });
}
