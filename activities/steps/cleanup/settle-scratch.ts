import { splitTableName } from '../../../workflows/contract/names.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { scratchNamespace } from './own-names.ts';
import { dropTable } from './settle-target-table.ts';
import type { Look } from './settling.ts';

/** However the drill ended: everything in its namespace is its own. */
export const lookAtScratch: Look<NoteValues['scratch']> = async ({ subject: namespace }, { cluster, run }) => {
  if (!(await cluster.listNamespaces()).includes(namespace)) return { state: 'settled' };
  const command = `drop the tables of ${namespace}; drop_namespace '${namespace}'`;
  // A note is a file that anybody may edit; only a namespace with our own name is ever dropped.
  if (namespace !== scratchNamespace(run.runId)) return { state: 'kept', why: 'it has no name of this run', command };
  return { state: 'there', action: 'drop its tables and it', act: () => dropNamespace(cluster, namespace) };
};

async function dropNamespace(cluster: HBaseCluster, namespace: string): Promise<void> {
  const tables = (await cluster.listTables()).filter((table) => splitTableName(table).namespace === namespace);
  for (const table of tables) await dropTable(cluster, table);
  await cluster.deleteNamespace(namespace);
}
