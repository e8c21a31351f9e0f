import type { SnapshotName } from '../../../workflows/contract/names.ts';
import type { PublishRestoreInput } from '../../../workflows/contract/backup/step-data.ts';
import { defineStep, type Observation, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, TableDescription } from '../../hbase/cluster.ts';
import type { RestoredTableNote } from '../../run-record/note-values.ts';
import type { RunRecord } from '../../run-record/run-record.ts';
import { ensureNamespace } from '../restore/ensure-namespace.ts';

/**
 * Makes the table what the backup holds. One that stands there is disabled before its failsafe snapshot is taken, so
 * that no acknowledged write is missing from it, and enabled only when it is restored: a disabled one with a failsafe is
 * restored again, an enabled one is done.
 */
export const publishRestore = defineStep<'publishRestore'>({
  name: 'publishRestore',
  kind: 'change',
  summary: 'publish the restored table',
  on: ({ run }) => run.source,
  plan: ({ run, table: { table, snapshot, before, failsafe } }) => ({
    cluster: run.source,
    table,
    summary: `restore ${table} (there before: ${before})`,
    command:
      before === 'absent'
        ? `clone_snapshot '${snapshot}', '${table}'`
        : `disable '${table}'; snapshot '${table}', '${failsafe}'; restore_snapshot '${snapshot}'; enable '${table}'`,
    undo: before === 'absent' ? 'drop the table' : `restore ${failsafe} and enable the table`,
    doneWhen: 'the table is enabled and every region is open',
  }),
  observe: async (input, { deps }) => observe(input, await open(input, deps)),
  apply: async (input, { deps }) => {
    const opened = await open(input, deps);
    await (input.table.before === 'absent' ? bringBack(input, opened) : overwrite(input, opened));
  },
});

interface Opened {
  cluster: HBaseCluster;
  record: RunRecord;
  /** Of an attempt before, which has begun. */
  note: RestoredTableNote | undefined;
  found: TableDescription | undefined;
}

async function open({ run, table: { table } }: PublishRestoreInput, deps: StepWorld['deps']): Promise<Opened> {
  const cluster = await deps.cluster(run.source);
  const record = (await deps.runs(run.source)).open(run.runId);
  const [notes, found] = await Promise.all([record.readNotes('restored-table'), cluster.readTable(table)]);
  const note = notes.find(({ subject }) => subject === table);
  return { cluster, record, note: note?.value as RestoredTableNote | undefined, found };
}

async function observe(
  { table: { table } }: PublishRestoreInput,
  { cluster, note, found }: Opened,
): Promise<Observation<'publishRestore'>> {
  if (!note) return { done: false, why: `${table} is not restored` };
  if (!found?.enabled) return { done: false, why: `${table} is ${found ? 'disabled' : 'not there'}` };
  if (note.before === 'exists' && !(await hasFailsafe(cluster, note))) return { done: false, why: 'it is as it was' };
  return (await cluster.isEveryRegionOpen(table))
    ? { done: true, result: {} }
    : { done: false, why: `not every region of ${table} is open` };
}

async function bringBack({ table: planned }: PublishRestoreInput, opened: Opened): Promise<void> {
  const { cluster, record, note, found } = opened;
  const { table, failsafe } = planned;
  if (found && !note) throw refuse(cluster, table, 'was made since the plan, by somebody else: it is not overwritten');
  await record.note<RestoredTableNote>('restored-table', table, {
    table,
    before: 'absent',
    enabledBefore: false,
    failsafe,
  });
  await ensureNamespace({ cluster, record, table: planned });
  if (!found) await cluster.cloneSnapshot(toPublished(planned), table);
  else if (!found.enabled) await cluster.enableTable(table);
}

async function overwrite({ table: planned }: PublishRestoreInput, opened: Opened): Promise<void> {
  const { cluster, record, found } = opened;
  const { table, snapshot, failsafe, instant } = planned;
  // Of an attempt that had dropped it already.
  if (!found && instant && opened.note && (await hasFailsafe(cluster, planned))) return replace(planned, cluster);
  if (!found) throw refuse(cluster, table, 'is gone since the plan; start again to bring it back');
  const note = await record.note<RestoredTableNote>('restored-table', table, {
    table,
    before: 'exists',
    enabledBefore: found.enabled,
    failsafe,
  });
  if (found.enabled) {
    // Already restored: its regions are still opening.
    if (await hasFailsafe(cluster, note)) return;
    await cluster.disableTable(table);
  }
  await takeFailsafe(cluster, note);
  if (instant) {
    await cluster.deleteTable(table);
    return replace(planned, cluster);
  }
  await cluster.restoreSnapshot(snapshot);
  await cluster.enableTable(table);
}

/** HBase restores a snapshot only over the table that it was taken of, and this one was taken of a scratch table. */
function replace(planned: PublishRestoreInput['table'], cluster: HBaseCluster): Promise<void> {
  return cluster.cloneSnapshot(toPublished(planned), planned.table);
}

function toPublished({ snapshot, instant }: PublishRestoreInput['table']): SnapshotName {
  return instant?.snapshot ?? snapshot;
}

async function takeFailsafe(cluster: HBaseCluster, { table, failsafe }: RestoredTableNote): Promise<void> {
  if (!(await hasFailsafe(cluster, { failsafe }))) await cluster.takeSnapshot(failsafe, table);
  const files = await cluster.readSnapshotFiles(failsafe);
  if (files && files.missing === 0) return;
  throw refuse(cluster, table, `has no whole failsafe snapshot ${failsafe}: it is not overwritten`);
}

async function hasFailsafe(cluster: HBaseCluster, { failsafe }: Pick<RestoredTableNote, 'failsafe'>): Promise<boolean> {
  return (await cluster.listSnapshots()).some(({ name }) => name === failsafe);
}

function refuse(cluster: HBaseCluster, table: string, why: string): Failure {
  return new Failure('target.has-data', `${table} on ${cluster.name} ${why}.`, { cluster: cluster.name, table });
}
