import type { RestoreTableInput } from '../../../workflows/contract/step-data.ts';
import { Failure } from '../../failure.ts';
import type { TableDescription } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { isHeldFor, type RestoreTarget } from './restored-state.ts';

type BringBack = Omit<RestoreTableInput, 'table'> & RestoreTarget;

/**
 * Absent → clone. Present and ours, or empty as planned → disable, restore; it stays disabled. The shell's recipe
 * forgets the disable, and the restore then fails on the enabled table (hbase.md §3.2).
 *
 * @throws Failure `target.has-data` when the table is not the run's and not empty: it is never overwritten.
 */
export async function bringBack(input: BringBack): Promise<void> {
  const { cluster, record, table: planned, snapshot } = input;
  const { table } = planned;
  const found = await cluster.readTable(table);
  if (found) await requireOurs(input, found);
  const note: NoteValues['target-table'] = { table, before: planned.targetBefore };
  await record.note('target-table', table, note);
  if (!found) {
    await cluster.cloneSnapshot(snapshot, table);
    return;
  }
  if (found.enabled) await cluster.disableTable(table);
  await cluster.restoreSnapshot(snapshot);
}

async function requireOurs(input: BringBack, found: TableDescription): Promise<void> {
  const { cluster, record, table: planned, again, snapshot } = input;
  if (again || isHeldFor(found, snapshot)) return;
  const noted = (await record.readNotes()).some(
    ({ kind, subject }) => kind === 'target-table' && subject === planned.table,
  );
  // Noted: an attempt of ours died after it began. The families tell it from one that came in between.
  if (noted && hasFamilies(found, planned)) return;
  if (!noted && planned.targetBefore === 'empty' && found.enabled && !(await cluster.hasRows(planned.table))) return;
  throw new Failure(
    'target.has-data',
    `${planned.table} on ${cluster.name} is not this run's and may hold data: it is not overwritten.`,
    { cluster: cluster.name, table: planned.table },
  );
}

function hasFamilies({ families }: TableDescription, planned: RestoreTableInput['table']): boolean {
  const names = families.map(({ name }) => name).toSorted();
  const wanted = planned.families.map(({ name }) => name).toSorted();
  return names.join() === wanted.join();
}
