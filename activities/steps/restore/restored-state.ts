import { createHash } from 'node:crypto';
import type { SnapshotName } from '../../../workflows/contract/names.ts';
import type { PlannedTable } from '../../../workflows/contract/plan.ts';
import type { HBaseCluster, TableDescription } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { RunRecord } from '../../run-record/run-record.ts';

/** Table setting that keeps tombstones through major compactions, ms (hazards 14). */
const PURGE_HOLD = 'hbase.hstore.time.to.purge.deletes';
/** Longer than any backlog lives; it is lifted when the run ends. */
const HOLD_MS = 30 * 24 * 3_600_000;
/** The part of a hold below this names the snapshot: 11 days more or less do not matter. */
const NAMING_MS = 1_000_000_000;

export interface RestoreTarget {
  cluster: HBaseCluster;
  record: RunRecord;
  table: PlannedTable;
}

type Wanted = { table: PlannedTable; snapshot: SnapshotName };

/** What is missing until the table counts as restored from this snapshot; undefined when nothing is. */
export function findUnrestored(found: TableDescription | undefined, { table, snapshot }: Wanted): string | undefined {
  if (!found) return `${table.table} does not exist`;
  if (!isHeldFor(found, snapshot)) return `${table.table} was not restored from ${snapshot}`;
  const scoped = findWrongScopes(found, table);
  if (Object.keys(scoped).length > 0) return `${table.table} still has the source's replication scope`;
  return undefined;
}

/**
 * One change for all: scopes as before the run, since the snapshot carries scope 1 and peers of the target would ship
 * on (hazards 10); tombstones held; and, by the length of the hold, the mark that the restore from this snapshot is
 * done. A restore wipes the hold, so a table never carries the mark of another snapshot.
 */
export async function holdAndMark({ cluster, record, table, snapshot }: RestoreTarget & Wanted): Promise<void> {
  const found = await cluster.readTable(table.table);
  if (!found) return;
  const before = found.attributes[PURGE_HOLD] ?? null;
  const note: NoteValues['purge-hold'] = { table: table.table, attribute: PURGE_HOLD, before };
  await record.note('purge-hold', table.table, note);
  const scopes = findWrongScopes(found, table);
  await cluster.alterTable(table.table, {
    ...(Object.keys(scopes).length > 0 ? { scopes } : {}),
    ...(found.readOnly === table.readOnlyBefore ? {} : { readOnly: table.readOnlyBefore }),
    attributes: { [PURGE_HOLD]: String(toHoldMs(snapshot, before)) },
  });
}

export function isHeldFor({ attributes }: TableDescription, snapshot: SnapshotName): boolean {
  return Number(attributes[PURGE_HOLD] ?? Number.NaN) % NAMING_MS === toNamingMs(snapshot);
}

function toHoldMs(snapshot: SnapshotName, before: string | null): number {
  const leastMs = Math.max(HOLD_MS, Number(before ?? 0) || 0);
  return Math.ceil(leastMs / NAMING_MS) * NAMING_MS + toNamingMs(snapshot);
}

function toNamingMs(snapshot: SnapshotName): number {
  return Number.parseInt(createHash('sha256').update(snapshot).digest('hex').slice(0, 12), 16) % NAMING_MS;
}

function findWrongScopes(found: TableDescription, { families }: PlannedTable): Record<string, number> {
  const wanted = new Map(families.map(({ name, scopeBefore }) => [name, scopeBefore]));
  const wrong = found.families.filter(({ name, scope }) => wanted.has(name) && wanted.get(name) !== scope);
  return Object.fromEntries(wrong.map(({ name }) => [name, wanted.get(name) ?? 0]));
}
