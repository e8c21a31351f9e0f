import type { TableName } from '../../../workflows/contract/names.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { Finding, Look, Settling } from './settling.ts';

/** Table attribute on a copy that nobody keeps current any more; its value is the run. */
export const STALE_ATTRIBUTE = 'thb_stale';

/** Completed: the table is what the run was for. Undone: dropped only on demand, and only if this run created it. */
export const lookAtTargetTable: Look<NoteValues['target-table']> = async ({ value }, settling) => {
  const { cluster, outcome, dropTargetTables } = settling;
  if (outcome === 'completed') return { state: 'settled' };
  const now = await cluster.readTable(value.table);
  if (!now) return { state: 'settled' };
  if (value.before === 'absent' && dropTargetTables) {
    return { state: 'there', action: 'drop it', act: () => dropTable(cluster, value.table) };
  }
  if (value.before === 'empty' && now.enabled && !(await cluster.hasRows(value.table))) return { state: 'settled' };
  return keepStale(value, settling);
};

export async function dropTable(cluster: HBaseCluster, table: TableName): Promise<void> {
  if ((await cluster.readTable(table))?.enabled) await cluster.disableTable(table);
  await cluster.deleteTable(table);
}

function keepStale({ table, before }: NoteValues['target-table'], { cluster, run }: Settling): Finding {
  const why =
    before === 'absent'
      ? 'this run created it; it is a stale copy now, labelled so'
      : 'it stood there before, empty; what is in it now is a stale copy, labelled so';
  const label = () => cluster.alterTable(table, { attributes: { [STALE_ATTRIBUTE]: run.runId } });
  const command = before === 'absent' ? `disable '${table}'; drop '${table}'` : `truncate '${table}'`;
  return { state: 'kept', why, command, label };
}
