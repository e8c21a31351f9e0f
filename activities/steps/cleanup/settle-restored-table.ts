import type { SnapshotName } from '../../../workflows/contract/names.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues, RestoredTableNote } from '../../run-record/note-values.ts';
import type { Finding, Look, Settling } from './settling.ts';
import { dropTable } from './settle-target-table.ts';

/**
 * Completed: the table is what the run was for, and what it was before stays as a snapshot until somebody removes it.
 * Undone: a table that this run made is dropped, one that it overwrote gets back what it was.
 */
export const lookAtRestoredTable: Look<NoteValues['restored-table']> = async ({ value }, settling) => {
  if (value.merged !== undefined) return lookAtMerged(value, settling);
  if (settling.outcome === 'completed') return lookAtFailsafe(value, settling);
  return value.before === 'absent' ? lookAtCreated(value, settling) : lookAtOverwritten(value, settling);
};

function lookAtMerged({ merged }: RestoredTableNote, { outcome, cluster }: Settling): Finding {
  if (outcome === 'completed') return { state: 'settled' };
  const why = `it stood there before; cells of chain ${merged} may be in it, and stay. Importing them again is harmless`;
  return { state: 'kept', why, command: `temporal-hbase backup import --cluster ${cluster.name} --chain ${merged} …` };
}

async function lookAtFailsafe({ table, failsafe }: RestoredTableNote, { cluster }: Settling): Promise<Finding> {
  if (!(await hasSnapshot(cluster, failsafe))) return { state: 'settled' };
  const why = `${table} as it was before the restore`;
  return { state: 'kept', why: `${failsafe}: ${why}`, command: `delete_snapshot '${failsafe}'` };
}

async function lookAtCreated({ table }: RestoredTableNote, { cluster }: Settling): Promise<Finding> {
  if (!(await cluster.readTable(table))) return { state: 'settled' };
  return { state: 'there', action: 'drop it', act: () => dropTable(cluster, table) };
}

/** The failsafe is the token: it is only there while the table is not back, and is taken of a disabled table. */
async function lookAtOverwritten(note: RestoredTableNote, { cluster }: Settling): Promise<Finding> {
  const { table, failsafe, enabledBefore } = note;
  const [now, isTaken] = await Promise.all([cluster.readTable(table), hasSnapshot(cluster, failsafe)]);
  if (isTaken) {
    return { state: 'there', action: 'restore it as it was before', act: () => giveBack(note, cluster) };
  }
  if (!now || !enabledBefore || now.enabled) return { state: 'settled' };
  return { state: 'there', action: 'enable it', act: () => cluster.enableTable(table) };
}

/** Enabled last, and the failsafe goes before that: another attempt must not take back what clients write from then on. */
async function giveBack({ table, failsafe, enabledBefore }: RestoredTableNote, cluster: HBaseCluster): Promise<void> {
  const files = await cluster.readSnapshotFiles(failsafe);
  if (!files || files.missing > 0) {
    const message = `${cluster.name}: ${failsafe}, which ${table} would be given back from, is not whole.`;
    throw new Failure('hbase.failed', message, { cluster: cluster.name, table });
  }
  if ((await cluster.readTable(table))?.enabled) await cluster.disableTable(table);
  await cluster.restoreSnapshot(failsafe);
  await cluster.deleteSnapshot(failsafe);
  if (enabledBefore && !(await cluster.readTable(table))?.enabled) await cluster.enableTable(table);
}

async function hasSnapshot(cluster: HBaseCluster, wanted: SnapshotName): Promise<boolean> {
  return (await cluster.listSnapshots()).some(({ name }) => name === wanted);
}
