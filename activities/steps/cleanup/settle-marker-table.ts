import type { ClusterName, TableName } from '../../../workflows/contract/names.ts';
import type { PeerInfo } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { isOwnName } from './own-names.ts';
import { listMarkerTakers } from '../replication/marker-takers.ts';
import { dropTable } from './settle-target-table.ts';
import type { Finding, Look } from './settling.ts';

export const lookAtMarkerTable: Look<NoteValues['marker-table']> = async (
  { subject: table },
  { cluster, run, world },
) => {
  if (!(await cluster.readTable(table))) return { state: 'settled' };
  // A note is a file that anybody may edit; only a table with our own name is ever dropped.
  if (!isOwnName(table, run.runId)) {
    return { state: 'kept', why: 'it has no name of this run', command: `disable '${table}'; drop '${table}'` };
  }
  const takers = await listMarkerTakers(await world.deps.cluster(run.source), table);
  if (takers.length > 0) return keepForOthers(table, takers, run.source);
  return { state: 'there', action: 'drop it', act: () => dropTable(cluster, table) };
};

/** Entries of it may wait in their queues, and without the table where they go those stand still for good. */
function keepForOthers(table: TableName, takers: PeerInfo[], source: ClusterName): Finding {
  const ids = takers.map(({ id }) => id).join(', ');
  const why = `peer ${ids} of ${source} takes it and may still hold entries of it: exclude it there, or wait until that peer has shipped all`;
  return { state: 'kept', why, command: `disable '${table}'; drop '${table}'` };
}
