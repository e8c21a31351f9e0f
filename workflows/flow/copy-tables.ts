import { ChildWorkflowFailure, condition, startChild, ParentClosePolicy } from '@temporalio/workflow';
import { WORKFLOW_TYPES } from '../contract/messages.ts';
import type { SnapshotName, TableName } from '../contract/names.ts';
import type { BootstrapFailureDetails, BootstrapTableInput, BootstrapTableResult } from '../contract/runs.ts';
import { runLanes } from './bounded.ts';
import { toCopyRoots } from './copy-roots.ts';
import { followCopy, listenToCopies } from './held-copies.ts';
import { setScope } from './prepare.ts';
import { waveTables } from './readiness.ts';
import { plannedTable, untilNotPaused, type Run } from './run.ts';
import { orQuarantine } from './tables.ts';
import { failWith, isCancelled, isStopped, toCause } from './workflow-failure.ts';

/**
 * Snapshot → copy → restore of every table, `copy.parallelTables` at a time. A table that fails is quarantined and the
 * others go on. Then the whole wave waits until each quarantined table was tried again or left out: once the peer has
 * shipped, a plain retry would lose writes (hazard 1).
 */
export async function copyTables(run: Run): Promise<void> {
  listenToCopies(run);
  run.keeper.enter('copying');
  const left = waveTables(run.keeper.status)
    .filter(({ phase }) => phase === 'waiting')
    .map(({ table }) => table);
  await copyAll(run, left);
  while (isHeldByQuarantine(run)) {
    await condition(() => run.inbox.retries.length > 0 || !isHeldByQuarantine(run));
    await copyAll(run, []);
  }
}

async function copyAll(run: Run, tables: TableName[]): Promise<void> {
  const { retries } = run.inbox;
  const lanes = Math.min(run.plan.request.copy.parallelTables, tables.length + retries.length);
  await runLanes(lanes, async () => {
    for (let table = take(run, tables); table !== undefined; table = take(run, tables)) {
      await untilCopiesMayStart(run);
      await copyOne(run, table);
    }
  });
}

/** Tries again what persons asked for as soon as a lane is free, before new tables. */
function take(run: Run, tables: TableName[]): TableName | undefined {
  const table = run.inbox.retries.shift() ?? tables.shift();
  const isLeftOut = table !== undefined && run.keeper.getTable(table)?.leftOutBy !== undefined;
  return isLeftOut ? take(run, tables) : table;
}

async function copyOne(run: Run, table: TableName): Promise<void> {
  const isRetry = run.keeper.getTable(table)?.phase === 'quarantined';
  run.keeper.unblock('table-quarantined', table);
  await orQuarantine(run, table, async () => {
    // The scope may be what failed the first time; setting it again changes nothing.
    if (isRetry) await setScope(run, plannedTable(run, table));
    await bootstrap(run, { table, snapshot: plannedTable(run, table).snapshot, again: run.restored.has(table) });
  });
}

/** Runs the child and takes its answer into the status. */
export async function bootstrap(
  run: Run,
  what: { table: TableName; snapshot: SnapshotName; again: boolean },
): Promise<void> {
  const { table } = what;
  const generation = (run.keeper.getTable(table)?.attempts ?? 0) + 1;
  run.keeper.setTable(table, { phase: 'snapshot', attempts: generation, failure: undefined, verification: undefined });
  try {
    const result = await runChild(run, { ...what, generation });
    run.restored.add(table);
    run.keeper.setTable(table, { phase: 'restored', sizeBytes: result.sizeBytes, copiedBytes: result.copiedBytes });
  } catch (error) {
    // Stopped alone, e.g. by Cancel in the Web UI: what it has made carries notes, and another try finds it by them.
    if (isCancelled(error) && !isStopped(error)) throw failWith('cancelled', 'its copy was cancelled by somebody');
    if (!isCancelled(error) && leftOursOnTarget(error)) run.restored.add(table);
    throw error;
  }
}

async function runChild(
  run: Run,
  { table, ...what }: { table: TableName; snapshot: SnapshotName; again: boolean; generation: number },
): Promise<BootstrapTableResult> {
  const { plan, ref } = run;
  const { mappers, bandwidthMb } = plan.request.copy;
  const type = WORKFLOW_TYPES.bootstrapTable;
  const input = { run: ref, table: plannedTable(run, table), ...what, mappers, bandwidthMb, roots: toCopyRoots(plan) };
  const child = await startChild<(input: BootstrapTableInput) => Promise<BootstrapTableResult>>(type, {
    args: [input],
    workflowId: `${ref.workflowId}/${table}`,
    // A terminated parent must not leave a copy running: a cancelled child stops its remote job.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `copy ${table}, try ${what.generation}`,
  });
  return followCopy(run, table, child);
}

/** A restore that failed half-way left our table behind; `target.has-data` says that it is somebody else's. */
function leftOursOnTarget(error: unknown): boolean {
  if (!(error instanceof ChildWorkflowFailure)) return false;
  const { code, more } = toCause(error);
  const [how] = more as [BootstrapFailureDetails?];
  return how?.reached === 'restore' && code !== 'target.has-data';
}

async function untilCopiesMayStart(run: Run): Promise<void> {
  await untilNotPaused(run);
  if (run.keeper.isBlockedBy('disk')) await condition(() => !run.keeper.isBlockedBy('disk'));
}

function isHeldByQuarantine({ keeper }: Run): boolean {
  return waveTables(keeper.status).some(({ phase }) => phase === 'quarantined');
}
