import type { FamilyName, TableName } from '../../../workflows/contract/names.ts';
import { defineStep } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, TableDescription } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';

const REPLICATED = 1;

/** Never `enable_table_replication`, which touches every peer and creates tables (hbase.md §2.2). */
export const setReplicationScope = defineStep<'setReplicationScope'>({
  name: 'setReplicationScope',
  kind: 'change',
  summary: 'set the replication scope',
  on: ({ run }) => run.source,
  plan: ({ run, table, families }) => ({
    cluster: run.source,
    table,
    summary: `replication scope 1 on ${families.join(', ')} of ${table}; its regions reopen one after another`,
    command: `alter '${table}', ${families.map((name) => `{NAME => '${name}', REPLICATION_SCOPE => 1}`).join(', ')}`,
    undo: 'the scopes found before',
    doneWhen: 'every family has scope 1 and every region has reopened',
  }),
  observe: async ({ run, table, families }, { deps }) => {
    const cluster = await deps.cluster(run.source);
    const lacking = listLacking(await requireTable(cluster, table), families);
    if (lacking.length > 0) return { done: false, why: `${table} has no scope on ${lacking.join(', ')}` };
    return (await cluster.isEveryRegionOpen(table))
      ? { done: true, result: {} }
      : { done: false, why: `not every region of ${table} has reopened` };
  },
  apply: async ({ run, table, families }, { deps }) => {
    const cluster = await deps.cluster(run.source);
    const description = await requireTable(cluster, table);
    const lacking = listLacking(description, families);
    if (lacking.length === 0) return;
    const scopes = Object.fromEntries(description.families.map(({ name, scope }) => [name, scope]));
    const note: NoteValues['scope'] = { table, scopes };
    await (await deps.runs(run.source)).open(run.runId).note('scope', table, note);
    await cluster.alterTable(table, { scopes: Object.fromEntries(lacking.map((name) => [name, REPLICATED])) });
  },
});

function listLacking({ families: found, table }: TableDescription, wanted: FamilyName[]): FamilyName[] {
  const scopes = new Map(found.map(({ name, scope }) => [name, scope]));
  const gone = wanted.filter((name) => !scopes.has(name));
  if (gone.length > 0)
    throw new Failure('hbase.not-found', `${table} has no family ${gone.join(', ')} any more.`, { table });
  return wanted.filter((name) => scopes.get(name) !== REPLICATED);
}

/** @throws Failure `hbase.not-found` when somebody dropped it. */
async function requireTable(cluster: HBaseCluster, table: TableName): Promise<TableDescription> {
  const description = await cluster.readTable(table);
  if (description) return description;
  const place = { cluster: cluster.name, table };
  throw new Failure('hbase.not-found', `${table} does not exist on ${cluster.name} any more.`, place);
}
