import { CancellationScope } from '@temporalio/workflow';
import type { ImportedTable, ImportPlan, ImportReport, PlannedTableImport } from './contract/backup/export.ts';
import { forEachBounded } from './flow/bounded.ts';
import { type Operation, runOperation } from './flow/operation.ts';
import { step } from './flow/step-proxies.ts';

/**
 * Brings the tables of a chain of exports to a cluster: every file is looked at first, then tables are made as they were,
 * then each export is imported in order, and what Import read is compared with what Export had written. A failure drops
 * the tables that the run made; what went into a table that existed stays there.
 *
 * Input: one JSON object, e.g. `{"cluster": "new", "root": "backups", "chain": "shop", "as": {"namespace": "imported"}}`;
 * started without, it fails at once and shows an example. Query `status` answers `OperationStatus`.
 */
export function importTables(input?: unknown): Promise<ImportReport> {
  return runOperation<ImportPlan, ImportReport>({
    operation: 'import',
    input,
    plan: (workflowId) =>
      step('planImport', { request: input, workflowId }, { summary: 'choose the exports, look at cluster and root' }),
    work: importAll,
  });
}

async function importAll(operation: Operation<ImportPlan>): Promise<ImportReport> {
  const { plan, ref, keeper } = operation;
  const { root, request, imported, exports, warnings } = plan;
  const { chain, cluster } = request;
  const last = exports.at(-1) ?? { id: '', toMs: 0 };
  const startedMs = Date.now();
  keeper.update({ backupId: last.id, set: chain, findings: plan.findings });
  keeper.setTables(imported.map(({ table, bytes }) => ({ table, sizeBytes: bytes })));
  keeper.enter('waiting-for-root');
  await step(
    'holdRoot',
    { run: ref, root, mode: 'export', chain, purpose: `import of chain ${chain}` },
    { summary: `hold chain ${chain}` },
  );
  keeper.enter('working');
  const input = { run: ref, plan };
  await step('checkExports', input, { summary: `look at every file of ${exports.length} exports of ${chain}` });
  const done = new Map<string, ImportedTable>();
  await forEachBounded(imported, request.copy.parallelTables, async (table) => {
    done.set(table.table, await importTable(operation, table));
  });
  const at = new Date(Date.now()).toISOString();
  // Decides the run: whatever cancels it now must not leave it in doubt.
  await CancellationScope.nonCancellable(() =>
    step('recordImport', { ...input, at }, { summary: `record the import of chain ${chain}` }),
  );
  const tables = imported.flatMap(({ table }) => done.get(table) ?? []);
  return {
    chain,
    root: root.name,
    cluster,
    upTo: last.id,
    toMs: last.toMs,
    exports: exports.length,
    tables,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    warnings,
    durationMs: Date.now() - startedMs,
  };
}

/** In order: a later export holds what was written, and deleted, after the one before. */
async function importTable(
  { plan, ref, keeper }: Operation<ImportPlan>,
  planned: PlannedTableImport,
): Promise<ImportedTable> {
  const { table, from, before } = planned;
  const input = { run: ref, root: plan.root, chain: plan.request.chain, table: planned };
  const last = plan.exports.at(-1);
  keeper.setTable(table, { phase: 'restoring' });
  if (last) {
    const summary = before === 'absent' ? `create ${table} as ${from} was` : `look at ${table}`;
    await step('createImportTable', { ...input, export: last }, { summary });
  }
  keeper.setTable(table, { phase: 'copying' });
  let total = 0;
  for (const applied of plan.exports) {
    const about = { summary: `import ${from} of ${applied.id} into ${table}` };
    const { rows } = await step('importExport', { ...input, export: applied }, about);
    total += rows;
  }
  keeper.setTable(table, { phase: 'done' });
  return { table, from, rows: total, created: before === 'absent' };
}
