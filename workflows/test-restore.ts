import type { DrillPlan, PlannedImport } from './contract/backup/plans.ts';
import type { ContentDigest } from './contract/backup/record.ts';
import type { ComparedTable, DrillReport } from './contract/backup/step-data.ts';
import { forEachBounded } from './flow/bounded.ts';
import { importTable, openImport } from './flow/import-tables.ts';
import { type Operation, runOperation } from './flow/operation.ts';
import { step } from './flow/step-proxies.ts';
import { failWith } from './flow/workflow-failure.ts';

/** As a restore has them by default, so that the time that is measured is that of a restore. */
const LIMITS = { mappers: 4, bandwidthMb: 0, parallelTables: 4 };

/**
 * A drill: restores a backup into a namespace of its own, compares everything with what was recorded at backup time,
 * drops it again, and writes the proof into the catalogue. Picks the backup that has been unproven longest when none is
 * named.
 *
 * Input: one JSON object, e.g. `{"cluster": "lab", "root": "backups", "set": "shop"}`; started without, it fails at once
 * and shows an example. Query `status` answers `OperationStatus`.
 *
 * @throws ApplicationFailure `backup.damaged` when it differs, with the report as last detail. The proof is recorded.
 */
export function testRestore(input?: unknown): Promise<DrillReport> {
  return runOperation<DrillPlan, DrillReport>({
    operation: 'drill',
    input,
    plan: (workflowId) =>
      step('planDrill', { request: input, workflowId }, { summary: 'choose the backup, look at cluster and root' }),
    work: drill,
  });
}

async function drill(operation: Operation<DrillPlan>): Promise<DrillReport> {
  const { plan } = operation;
  await openImport(operation, `drill of ${plan.backupId}`);
  const startedMs = Date.now();
  await forEachBounded(plan.tables, LIMITS.parallelTables, (table) => restoreScratch(operation, table));
  const restoreMs = Date.now() - startedMs;
  const compared = new Map<string, ComparedTable>();
  await forEachBounded(plan.tables, LIMITS.parallelTables, async (table) => {
    compared.set(table.from, await compare(operation, table));
  });
  const tables = plan.tables.flatMap(({ from }) => {
    const found = compared.get(from);
    return found === undefined ? [] : [{ table: from, ...found }];
  });
  const report = await record(operation, { startedMs, restoreMs, tables });
  if (report.result === 'equal') return report;
  const message = `Backup ${plan.backupId} is not what was recorded: ${report.differences.join('; ')}`;
  throw failWith('backup.damaged', message, report);
}

async function restoreScratch(operation: Operation<DrillPlan>, table: PlannedImport): Promise<void> {
  const { plan, ref, keeper } = operation;
  await importTable(operation, table, LIMITS);
  keeper.setTable(table.table, { phase: 'restoring' });
  const { namespace } = plan;
  await step('publishScratch', { run: ref, namespace, table }, { summary: `clone ${table.from} as ${table.table}` });
}

async function compare(operation: Operation<DrillPlan>, table: PlannedImport): Promise<ComparedTable> {
  const { plan, ref, keeper } = operation;
  keeper.setTable(table.table, { phase: 'comparing' });
  const content = table.content ?? (await digest(operation, table));
  const compared = await step(
    'compareScratch',
    { run: ref, root: plan.root, backupId: plan.backupId, table, content },
    { summary: `compare ${table.from} with what was recorded` },
  );
  keeper.setTable(table.table, { phase: 'done' });
  return compared;
}

/** A backup without digests is compared with its files in the root, by the same reading. */
function digest({ plan, ref }: Operation<DrillPlan>, { from, exported }: PlannedImport): Promise<ContentDigest> {
  const what = { run: ref, table: from, snapshot: exported, root: plan.root };
  return step('digestExport', what, { summary: `read the files of ${from} in ${plan.root.name}` });
}

async function record(
  { plan, ref }: Operation<DrillPlan>,
  { startedMs, restoreMs, tables }: { startedMs: number; restoreMs: number; tables: DrillReport['tables'] },
): Promise<DrillReport> {
  const differences = tables.flatMap((table) => table.differences);
  const bytes = plan.tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const result = {
    result: differences.length === 0 ? ('equal' as const) : ('different' as const),
    startedAt: new Date(startedMs).toISOString(),
    finishedAt: new Date(Date.now()).toISOString(),
    restoreMs,
    bytes,
    differences,
  };
  await step(
    'recordProof',
    { run: ref, plan, drill: result },
    { summary: `record that ${plan.backupId} is ${result.result}` },
  );
  const { cluster, root, backupId, request } = plan;
  const bytesPerSecond = Math.round(bytes / Math.max(restoreMs / 1_000, 0.001));
  return {
    ...result,
    cluster: cluster.name,
    root: root.name,
    backupId,
    set: request.set ?? '',
    bytesPerSecond,
    tables,
  };
}
