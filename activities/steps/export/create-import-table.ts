import type { CreateImportTableInput } from '../../../workflows/contract/backup/export.ts';
import { defineStep, type Observation, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { RestoredTableNote } from '../../run-record/note-values.ts';
import { ensureNamespace } from '../restore/ensure-namespace.ts';
import { openChain } from './open-chain.ts';
import { recreateTable } from './recreate-table.ts';
import { requireExport } from './require-export.ts';

/** An absent table is made as it was when it was exported; of one that exists the run only notes that it writes to it. */
export const createImportTable = defineStep<'createImportTable'>({
  name: 'createImportTable',
  kind: 'change',
  summary: 'create the table that is imported into',
  on: ({ run }) => run.source,
  plan: ({ run, table: { table, from, before } }) => ({
    cluster: run.source,
    table,
    summary: before === 'absent' ? `create ${table} as ${from} was` : `note that ${table} is written to`,
    command:
      before === 'absent' ? `create '${table}', …, SPLITS => […]` : 'create, if absent, the note in the run record',
    undo: before === 'absent' ? 'drop the table' : 'none: what was imported stays',
    doneWhen: 'the table is enabled and every region is open',
  }),
  observe: async (input, { deps }) => observe(input, deps),
  apply: async (input, { deps }) => create(input, deps),
});

async function observe(
  { run, table: { table } }: CreateImportTableInput,
  deps: StepWorld['deps'],
): Promise<Observation<'createImportTable'>> {
  const cluster = await deps.cluster(run.source);
  const record = (await deps.runs(run.source)).open(run.runId);
  const [notes, found] = await Promise.all([record.readNotes('restored-table'), cluster.readTable(table)]);
  if (!notes.some(({ subject }) => subject === table)) return { done: false, why: `${table} is not noted` };
  if (!found?.enabled) return { done: false, why: `${table} is ${found ? 'disabled' : 'not there'}` };
  return (await cluster.isEveryRegionOpen(table))
    ? { done: true, result: {} }
    : { done: false, why: `not every region of ${table} is open` };
}

async function create(input: CreateImportTableInput, deps: StepWorld['deps']): Promise<void> {
  const { run, root, chain, table: planned, export: applied } = input;
  const { table, before, from } = planned;
  const cluster = await deps.cluster(run.source);
  const record = (await deps.runs(run.source)).open(run.runId);
  const [notes, found] = await Promise.all([record.readNotes('restored-table'), cluster.readTable(table)]);
  const isNoted = notes.some(({ subject }) => subject === table);
  if (before === 'absent' && found && !isNoted) {
    const message = `${table} on ${run.source} was made since the plan, by somebody else: it is not written to.`;
    throw new Failure('target.has-data', message, { cluster: run.source, table });
  }
  const note = { table, enabledBefore: before === 'exists', failsafe: '' };
  const merged = before === 'exists' ? { merged: chain } : {};
  await record.note<RestoredTableNote>('restored-table', table, { ...note, before, ...merged });
  if (before === 'exists' || found) return;
  const store = await openChain(deps, { cluster: run.source, rootUri: root.uri, chain });
  const exported = await requireExport(store, applied);
  const ref = exported.tables.find((one) => one.table === from);
  if (!ref) throw new Failure('internal', `Export ${applied.id} has no ${from}.`, { table: from });
  await ensureNamespace({ cluster, record, table: planned });
  await cluster.createTable({ table, ...recreateTable(await store.readTable(exported, ref)) });
}
