import { CancellationScope } from '@temporalio/workflow';
import type { PlannedRestore, RestorePlan } from './contract/backup/plans.ts';
import type { RestoredTable, RestoreReport } from './contract/backup/step-data.ts';
import { forEachBounded } from './flow/bounded.ts';
import { type ImportLimits, importTable, openImport } from './flow/import-tables.ts';
import { type Operation, runOperation } from './flow/operation.ts';
import { step } from './flow/step-proxies.ts';
import { bringToInstant } from './flow/restore-to-instant.ts';
import { failWith } from './flow/workflow-failure.ts';

/**
 * Brings tables of a backup back: every file is looked at first, then all are imported, then all are published. A
 * table that exists needs consent and keeps what it was as a snapshot. All tables or none: a failure takes back what was
 * published.
 *
 * With `to`, the backup is a base that archived WALs are replayed onto, up to that instant.
 *
 * Input: one JSON object, e.g. `{"cluster": "old", "root": "backups", "set": "shop", "as": {"suffix": "_restored"}}`;
 * started without, it fails at once and shows an example. Query `status` answers `OperationStatus`.
 */
export function restoreTables(input?: unknown): Promise<RestoreReport> {
  return runOperation<RestorePlan, RestoreReport>({
    operation: 'restore',
    input,
    plan: (workflowId) =>
      step('planRestore', { request: input, workflowId }, { summary: 'choose the backup, look at cluster and root' }),
    work: restore,
  });
}

async function restore(operation: Operation<RestorePlan>): Promise<RestoreReport> {
  const { plan, ref, keeper } = operation;
  const { backupId, root, request, tables } = plan;
  const startedMs = Date.now();
  await openImport(operation, `restore of ${backupId}`);
  const restored = await importAll(operation);
  await forEachBounded(tables, request.copy.parallelTables, (table) => publish(operation, table));
  const at = new Date(Date.now()).toISOString();
  // Decides the run: whatever cancels it now must not leave it in doubt.
  await CancellationScope.nonCancellable(() =>
    step('recordRestore', { run: ref, plan, at }, { summary: `record the restore of ${backupId}` }),
  );
  for (const { table, why } of restored) if (why !== undefined) keeper.notice(`${table}: not compared, ${why}`);
  return {
    backupId,
    root: root.name,
    cluster: request.cluster,
    tables: restored,
    bytes: restored.reduce((sum, { bytes }) => sum + bytes, 0),
    durationMs: Date.now() - startedMs,
  };
}

/** Nothing is published before everything is there and compared. */
async function importAll(operation: Operation<RestorePlan>): Promise<RestoredTable[]> {
  const { tables, request } = operation.plan;
  const done = new Map<string, RestoredTable>();
  await forEachBounded(tables, request.copy.parallelTables, async (table) => {
    done.set(table.table, await importOne(operation, table, request.copy));
  });
  return tables.flatMap(({ table }) => done.get(table) ?? []);
}

async function importOne(
  operation: Operation<RestorePlan>,
  planned: PlannedRestore,
  limits: ImportLimits,
): Promise<RestoredTable> {
  const { table, from, sizeBytes: bytes, before, failsafe } = planned;
  const { copiedBytes } = await importTable(operation, planned, limits);
  const compared = await compareImported(operation, planned);
  operation.keeper.setTable(table, { phase: 'restoring' });
  const { instant } = operation.plan;
  const replayed = instant === undefined ? undefined : await bringToInstant(operation, { planned, instant });
  return {
    table,
    from,
    bytes,
    copiedBytes,
    ...compared,
    ...(replayed === undefined ? {} : { replayed }),
    ...(before === 'exists' ? { failsafe } : {}),
  };
}

/**
 * What was imported is read without servers: no TTL hides a cell, and no client writes to it (hazard 46). A table that
 * is published can be written to at once, so there is no later moment.
 */
async function compareImported(
  { plan, ref, keeper }: Operation<RestorePlan>,
  { table, from, exported, snapshot, content }: PlannedRestore,
): Promise<Pick<RestoredTable, 'compared' | 'why'>> {
  const { cluster, backupId, root, scratchUri } = plan;
  if (content === undefined) return { compared: 'not-compared', why: 'the backup has no digests of its cells' };
  if (scratchUri === undefined) {
    return { compared: 'not-compared', why: `the home folder is on another file system than ${cluster.rootDir}` };
  }
  keeper.setTable(table, { phase: 'comparing' });
  const found = await step(
    'digestExport',
    {
      run: ref,
      table,
      snapshot,
      root: { name: cluster.name, uri: cluster.rootDir },
      scratchUri: `${scratchUri}/${snapshot}`,
      recorded: { root, backupId, from, exported, content },
    },
    { summary: `read the imported files of ${table}` },
  );
  if (found.rows === content.rows && found.cells === content.cells && found.digest === content.digest) {
    return { compared: 'equal' };
  }
  // The step itself fails when it was told what was recorded; histories of before have its answer here.
  const numbers = `${found.rows} rows and ${found.cells} cells, recorded were ${content.rows} and ${content.cells}`;
  throw failWith('backup.damaged', `${from} of backup ${backupId} is not what was recorded: ${numbers}.`);
}

async function publish({ plan, ref, keeper }: Operation<RestorePlan>, table: PlannedRestore): Promise<void> {
  const { backupId, root } = plan;
  const verb = table.before === 'absent' ? 'clone' : 'restore in place';
  await step(
    'publishRestore',
    { run: ref, root, backupId, table },
    { summary: `${verb} ${table.table} from ${backupId}` },
  );
  keeper.setTable(table.table, { phase: 'done' });
}
