import type { TableName } from '../../../workflows/contract/names.ts';
import { clusterOfSide, defineStep } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { listMarkerTakers } from './marker-takers.ts';

const FAMILY = 'm';

/**
 * The run's own table, never fenced: sentinels go through it to every server's WAL (hazards 7). It is made on both
 * sides before the peer, since a sink without the table would block the queue.
 */
export const createMarkerTable = defineStep<'createMarkerTable'>({
  name: 'createMarkerTable',
  kind: 'change',
  summary: 'create the marker table',
  on: ({ run, side }) => clusterOfSide(run, side),
  plan: ({ run, side, table, splitKeys }) => ({
    cluster: clusterOfSide(run, side),
    table,
    summary: `create the run's marker table ${table} with ${splitKeys.length + 1} regions`,
    command: `create '${table}', {NAME => '${FAMILY}', REPLICATION_SCOPE => ${scopeOf(side)}}, SPLITS => […]`,
    undo: `disable and drop '${table}'`,
    doneWhen: 'the table exists and every region is open',
  }),
  observe: async ({ run, side, table }, { deps }) => {
    const cluster = await deps.cluster(clusterOfSide(run, side));
    if (!(await cluster.readTable(table))) return { done: false, why: `${table} does not exist` };
    return (await cluster.isEveryRegionOpen(table))
      ? { done: true, result: {} }
      : { done: false, why: `not every region of ${table} is open` };
  },
  apply: async ({ run, side, table, splitKeys }, { deps }) => {
    const name = clusterOfSide(run, side);
    const cluster = await deps.cluster(name);
    await requireNoTaker(cluster, table);
    const note: NoteValues['marker-table'] = { table };
    await (await deps.runs(name)).open(run.runId).note('marker-table', table, note);
    const found = await cluster.readTable(table);
    if (!found) await cluster.createTable({ table, families: [{ name: FAMILY, scope: scopeOf(side) }], splitKeys });
    else if (!found.enabled) await cluster.enableTable(table);
  },
});

function scopeOf(side: 'source' | 'target'): number {
  return side === 'source' ? 1 : 0;
}

/** The plan saw none on either side; a plan that sees it makes no marker table. */
async function requireNoTaker(cluster: HBaseCluster, table: TableName): Promise<void> {
  const [taker] = await listMarkerTakers(cluster, table);
  if (!taker) return;
  const message =
    `Peer ${taker.id} of ${cluster.name} would ship the run's own table ${table}, which its cluster does not have, and stand ` +
    'still for good. It was not there, or not so, when this run was planned. Exclude the table there and resume, or cancel and start again: ' +
    'a new plan has no such table.';
  throw new Failure('peer.changed', message, { cluster: cluster.name, table });
}
