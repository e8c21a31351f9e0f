import { workflowInfo } from '@temporalio/workflow';
import type { BackupPlan, PlannedBackupTable } from './contract/backup/plans.ts';
import type { BackupReport, ExportedTable, SealBackupInput } from './contract/backup/step-data.ts';
import { runLanes } from './flow/bounded.ts';
import { type Operation, runOperation } from './flow/operation.ts';
import { step } from './flow/step-proxies.ts';
import { failWith, isCancelled, toCause } from './flow/workflow-failure.ts';

/**
 * Backs up tables into a backup root: snapshot, export of what is new, check of every file, and last the record that
 * makes it a backup (design §5). One table that fails does not stop the others.
 *
 * Input: one JSON object, e.g. `{"cluster": "old", "tables": ["shop:*"], "root": "backups"}`; started without, it fails
 * at once and shows an example. Query `status` answers `OperationStatus`.
 *
 * @throws ApplicationFailure `backup.partial` when a table is missing from it, with the report as last detail.
 */
export async function backUpTables(input?: unknown): Promise<BackupReport> {
  const report = await runOperation<BackupPlan, BackupReport>({
    operation: 'backup',
    input,
    plan: (workflowId) =>
      step('planBackup', { request: input, workflowId, ...readNominalTime() }, { summary: 'look at cluster and root' }),
    work: backUp,
  });
  return requireComplete(report);
}

async function backUp(operation: Operation<BackupPlan>): Promise<BackupReport> {
  const { plan, ref, keeper } = operation;
  const { root, backupId, request } = plan;
  const startedMs = Date.now();
  keeper.update({ backupId, set: request.set, findings: plan.findings });
  keeper.setTables(plan.tables);
  keeper.enter('waiting-for-root');
  await step(
    'holdRoot',
    { run: ref, root, mode: 'export', purpose: `backup ${backupId}` },
    { summary: `hold ${root.name} for exports` },
  );
  keeper.enter('working');
  const before = await readClocks(operation);
  const { exported, failed } = await exportAll(operation);
  if (exported.length === 0) throw allFailed(failed);
  const after = await readClocks(operation);
  keeper.enter('sealing');
  const sealed = await step(
    'sealBackup',
    { run: ref, plan, clocks: { before, after }, exported, failed },
    { summary: `check every file, then write the record of ${backupId}` },
  );
  const tables = exported.map(({ table }) => table);
  return { ...sealed, set: request.set, root: root.name, tables, failed, durationMs: Date.now() - startedMs };
}

async function exportAll(operation: Operation<BackupPlan>): Promise<Pick<SealBackupInput, 'exported' | 'failed'>> {
  const { plan, keeper } = operation;
  const queue = [...plan.tables];
  const exported: ExportedTable[] = [];
  const failed: SealBackupInput['failed'] = [];
  await runLanes(Math.min(plan.request.copy.parallelTables, queue.length), async () => {
    for (let table = queue.shift(); table !== undefined; table = queue.shift()) {
      try {
        exported.push(await exportTable(operation, table));
      } catch (error) {
        if (isCancelled(error)) throw error;
        const { code, message } = toCause(error);
        failed.push({ table: table.table, code, message });
        keeper.setTable(table.table, { phase: 'failed', failure: { code, message } });
      }
    }
  });
  // In the order of the plan, whichever ended first: the record must not depend on it.
  const byPlan = plan.tables.map(({ table }) => table);
  const order = (row: { table: string }): number => byPlan.indexOf(row.table);
  return { exported: exported.sort((a, b) => order(a) - order(b)), failed: failed.sort((a, b) => order(a) - order(b)) };
}

async function exportTable(
  { plan, ref, keeper }: Operation<BackupPlan>,
  { table, snapshot }: PlannedBackupTable,
): Promise<ExportedTable> {
  const { copy, digests } = plan.request;
  keeper.setTable(table, { phase: 'snapshot' });
  const taken = await step('takeSnapshot', { run: ref, table, snapshot }, { summary: `snapshot ${table}` });
  keeper.setTable(table, { phase: 'copying', sizeBytes: taken.bytes });
  const copied = await step(
    'exportToRoot',
    {
      run: ref,
      table,
      snapshot,
      generation: 1,
      mappers: copy.mappers,
      bandwidthMb: copy.bandwidthMb,
      totalBytes: taken.bytes,
      fromRoot: plan.cluster.rootDir,
      toRoot: plan.root.uri,
      backupId: plan.backupId,
    },
    { summary: `export ${table} to ${plan.root.name}` },
  );
  keeper.setTable(table, { copiedBytes: copied.copiedBytes });
  // Where lengths alone were compared, reading back is the only proof (hazard 43).
  const content =
    digests || copied.checksum === 'length-only' ? await digest({ plan, ref, keeper }, { table, snapshot }) : undefined;
  keeper.setTable(table, { phase: 'done' });
  return { table, snapshot, copied, ...(content === undefined ? {} : { content }) };
}

function digest({ plan, ref, keeper }: Operation<BackupPlan>, what: Pick<PlannedBackupTable, 'table' | 'snapshot'>) {
  keeper.setTable(what.table, { phase: 'digesting' });
  const summary = `read the exported files of ${what.table} back`;
  return step('digestExport', { run: ref, ...what, root: plan.root }, { summary });
}

function readClocks({ ref }: Operation<BackupPlan>) {
  return step('readSourceClocks', { run: ref }, { summary: `clocks of ${ref.source}` });
}

/** So that a schedule and its alerts see it (hazard 52). The tables that are in it are a backup all the same. */
function requireComplete(report: BackupReport): BackupReport {
  if (report.failed.length === 0) return report;
  const lines = report.failed.map(({ table, code, message }) => `${table}: ${code}: ${message}`);
  throw failWith('backup.partial', `Backup ${report.backupId} lacks ${lines.join('; ')}`, report);
}

function allFailed(failed: SealBackupInput['failed']): Error {
  const lines = failed.map(({ table, code, message }) => `${table}: ${code}: ${message}`);
  return failWith('backup.failed', `No table could be backed up. ${lines.join('; ')}`);
}

/** Temporal tells a scheduled run by this search attribute when it was meant to start. */
function readNominalTime(): { nominalAt?: string } {
  const [at] = (workflowInfo().searchAttributes['TemporalScheduledStartTime'] ?? []) as Date[];
  return at === undefined ? {} : { nominalAt: at.toISOString() };
}
