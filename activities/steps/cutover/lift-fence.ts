import type { ClusterName, TableName } from '../../../workflows/contract/names.ts';
import { defineStep } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { RunRecords } from '../../run-record/run-record.ts';

/** By name and by a person only: the source's copy is old from the moment the clients were switched (hazard 9). */
export const liftFence = defineStep<'liftFence'>({
  name: 'liftFence',
  kind: 'change',
  summary: 'lift the fence that a finished migration left',
  on: ({ cluster }) => cluster,
  plan: ({ cluster, table }) => ({
    cluster,
    table,
    summary: `make ${table} writable`,
    command: 'Admin.modifyTable with READONLY => false, Admin.enableTable',
    undo: `alter '${table}', READONLY => 'true'`,
    doneWhen: 'every region takes writes',
  }),
  observe: async ({ cluster: name, table }, { deps }) => {
    const cluster = await deps.cluster(name);
    const now = await cluster.readTable(table);
    if (!now) throw new Failure('hbase.not-found', `${name}: there is no table ${table}.`, { cluster: name, table });
    if (!now.enabled) return { done: false, why: 'the table is disabled' };
    if (now.readOnly) return { done: false, why: 'the table is READONLY' };
    const { regions, writable } = await cluster.probeFence(table);
    if (writable.length === regions) return { done: true, result: {} };
    return { done: false, why: `${regions - writable.length} of ${regions} regions take no writes` };
  },
  apply: async ({ cluster: name, table }, { deps }) => {
    const [cluster, records] = await Promise.all([deps.cluster(name), deps.runs(name)]);
    await requireUnclaimed(records, { cluster: name, table });
    await cluster.giveBack(table, { readOnly: false, enable: true });
  },
});

async function requireUnclaimed(records: RunRecords, { cluster, table }: { cluster: ClusterName; table: TableName }) {
  const holder = (await records.list()).find(({ claims }) => claims.includes(table));
  if (!holder) return;
  const message = `${cluster}: run ${holder.runId} (${holder.workflowId}) holds ${table}; its fence is not lifted by hand.`;
  throw new Failure('run.active', message, { cluster, table });
}
