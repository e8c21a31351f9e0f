import type { ExportedTableRef, ExportPlan, ExportReport } from './contract/backup/export.ts';
import { forEachBounded } from './flow/bounded.ts';
import { type Operation, runOperation } from './flow/operation.ts';
import { step } from './flow/step-proxies.ts';

/**
 * Exports tables cell by cell with HBase's Export: the first export of a chain whole, each later one from where the last
 * one ended. For what a snapshot cannot do: other versions of HBase, single families, time ranges. All tables or none.
 *
 * Input: one JSON object, e.g. `{"cluster": "old", "tables": ["shop:*"], "root": "backups", "chain": "shop"}`; started
 * without, it fails at once and shows an example. Query `status` answers `OperationStatus`.
 *
 * @throws ApplicationFailure `export.new-base` when a table is not what it was any more, with the reasons.
 */
export function exportTables(input?: unknown): Promise<ExportReport> {
  return runOperation<ExportPlan, ExportReport>({
    operation: 'export',
    input,
    plan: (workflowId) => step('planExport', { request: input, workflowId }, { summary: 'look at cluster and root' }),
    work: exportAll,
  });
}

async function exportAll(operation: Operation<ExportPlan>): Promise<ExportReport> {
  const { plan, ref, keeper } = operation;
  const { root, exportId, request, exported } = plan;
  const { chain } = request;
  const startedMs = Date.now();
  keeper.update({ backupId: exportId, set: chain });
  keeper.setTables(exported);
  keeper.enter('waiting-for-root');
  await step(
    'holdRoot',
    { run: ref, root, mode: 'exclusive', chain, purpose: `export ${exportId} of chain ${chain}` },
    { summary: `hold chain ${chain}` },
  );
  keeper.enter('working');
  const input = { run: ref, plan };
  const opened = await step('openExport', input, { summary: `decide the range of ${exportId}` });
  const { fromMs, toMs, warnings } = opened;
  for (const { table, message } of warnings) keeper.notice(table === undefined ? message : `${table}: ${message}`);
  const done = new Map<string, ExportedTableRef>();
  await forEachBounded(exported, request.copy.parallelTables, async ({ table, sizeBytes }) => {
    keeper.setTable(table, { phase: 'copying' });
    const about = { summary: `export ${table} to chain ${chain}` };
    const found = await step('exportTable', { ...input, table, sizeBytes, fromMs, toMs }, about);
    done.set(table, found);
    keeper.setTable(table, { phase: 'done', copiedBytes: found.bytes });
  });
  keeper.enter('sealing');
  // In the order of the plan, whichever ended first: the record must not depend on it.
  const tables = exported.flatMap(({ table }) => done.get(table) ?? []);
  const summary = `check every file, then write the record of ${exportId}`;
  const { digest } = await step('sealExport', { ...input, opened, tables }, { summary });
  return toReport({ plan, opened, tables, digest, durationMs: Date.now() - startedMs });
}

function toReport({
  plan,
  opened: { number, kind, fromMs, toMs, warnings },
  tables,
  digest,
  durationMs,
}: {
  plan: ExportPlan;
  opened: Pick<ExportReport, 'number' | 'kind' | 'fromMs' | 'toMs' | 'warnings'>;
  tables: ExportedTableRef[];
  digest: string;
  durationMs: number;
}): ExportReport {
  const sum = (value: (table: ExportedTableRef) => number): number =>
    tables.reduce((total, table) => total + value(table), 0);
  return {
    chain: plan.request.chain,
    root: plan.root.name,
    number,
    id: plan.exportId,
    kind,
    fromMs,
    toMs,
    tables,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
    files: sum(({ files }) => files),
    warnings,
    digest,
    durationMs,
  };
}
