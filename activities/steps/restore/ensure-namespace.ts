import { splitTableName, type TableName } from '../../../workflows/contract/names.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { RestoreTarget } from './restored-state.ts';

type Wanted = Omit<RestoreTarget, 'table'> & { table: { table: TableName } };

/** Neither a restore nor a clone makes the namespace. Tables of one namespace come at the same time: the first wins. */
export async function ensureNamespace({ cluster, record, table }: Wanted): Promise<void> {
  const { namespace } = splitTableName(table.table);
  if ((await cluster.listNamespaces()).includes(namespace)) return;
  const note: NoteValues['namespace'] = { namespace };
  await record.note('namespace', namespace, note);
  try {
    await cluster.createNamespace(namespace);
  } catch (error) {
    if (!(await cluster.listNamespaces()).includes(namespace)) throw error;
  }
}
