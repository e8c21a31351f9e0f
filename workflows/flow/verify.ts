import type { FailureCode } from '../contract/failures.ts';
import type { TableName } from '../contract/names.ts';
import type { PlannedTable } from '../contract/plan.ts';
import type { VerificationVerdict } from '../contract/status.ts';
import { forEachBounded } from './bounded.ts';
import {
  compareTouched,
  type NextWindow,
  openFirstWindow,
  openNextWindow,
  releaseProven,
  type WindowState,
} from './proof-window.ts';
import { peerOf, plannedWave, untilNotPaused, type Run } from './run.ts';
import { step } from './step-proxies.ts';
import { isStopped, toCause } from './workflow-failure.ts';

const PARALLEL_COMPARES = 4;
/** Rule of thumb to choose the method only: agents for what fits, a job for what does not. */
const BYTES_PER_CELL = 100;

/** Compares every table that has no verdict yet, whole, while writers run. */
export async function verifyTables(run: Run): Promise<void> {
  await untilNotPaused(run);
  run.keeper.enter('verifying');
  await openFirstWindow(run);
  const open = plannedWave(run).filter(({ table }) => run.keeper.getTable(table)?.verification === undefined);
  await forEachBounded(open, PARALLEL_COMPARES, (table) => verifyTable(run, table));
}

/** A table that differs, or cannot be compared, blocks the gate; the others are compared all the same. */
export async function verifyTable(run: Run, table: PlannedTable): Promise<void> {
  run.window?.needs.set(table.table, run.window.standing);
  await orBlock(run, table, async () => takeVerdict(run, await compare(run, table, 'table')));
}

/**
 * Proves the time since the last proof: the rows touched, or whole tables after unlogged writes (hazards 3, 19).
 * True when every table is still equal.
 */
export async function renewProofs(run: Run): Promise<boolean> {
  const isWhole = run.recompareWhole;
  run.recompareWhole = false;
  run.windowCompareMs = 0;
  if (run.window === undefined) await renewByScan(run, isWhole);
  else await renewByWals(run, { window: run.window, isWhole });
  const isEqual = plannedWave(run).every(({ table }) => run.keeper.getTable(table)?.phase === 'verified');
  run.recompareWhole ||= isWhole && !isEqual;
  return isEqual;
}

async function renewByScan(run: Run, isWhole: boolean): Promise<void> {
  await forEachBounded(plannedWave(run), PARALLEL_COMPARES, (table) =>
    orBlock(run, table, async () => {
      const scope = isWhole || run.recompareTables.has(table.table) ? 'table' : 'window';
      const verdict = await compare(run, table, scope);
      if (scope === 'window') run.windowCompareMs = Math.max(run.windowCompareMs, verdict.lookMs ?? 0);
      takeVerdict(run, verdict);
      if (scope === 'table') run.recompareTables.delete(table.table);
    }),
  );
}

/** All tables at once, since each WAL is read once for all. A table without a verdict is to be compared whole anyway. */
async function renewByWals(run: Run, { window, isWhole }: { window: WindowState; isWhole: boolean }): Promise<void> {
  const tables = plannedWave(run).filter(({ table }) => run.keeper.getTable(table)?.verification !== undefined);
  const whole = tables.filter(({ table }) => isWhole || run.recompareTables.has(table));
  const touched = tables.filter((table) => !whole.includes(table));
  try {
    const next = await openNextWindow(run, window);
    await forEachBounded(whole, PARALLEL_COMPARES, (table) => renewWhole(run, table));
    if (touched.length > 0) await compareByWals(run, next, touched);
    await releaseProven(run, window);
  } catch (error) {
    if (isStopped(error)) throw error;
    for (const { table } of tables) blockAsUnproven(run, table, toCause(error));
  }
}

async function renewWhole(run: Run, table: PlannedTable): Promise<void> {
  run.window?.needs.set(table.table, run.window.standing);
  await orBlock(run, table, async () => {
    takeVerdict(run, await compare(run, table, 'table'));
    run.recompareTables.delete(table.table);
  });
}

async function compareByWals(run: Run, window: NextWindow, tables: PlannedTable[]): Promise<void> {
  const since = tables.map((table) => {
    const sinceMs = run.keeper.getTable(table.table)?.verification?.provenUntilMs ?? 0;
    return { table, sinceMs };
  });
  const { verdicts, failures, walBytes, lookMs } = await compareTouched(run, { window, tables: since });
  for (const verdict of verdicts) {
    takeVerdict(run, verdict);
    run.window?.needs.set(verdict.table, window.next);
  }
  for (const { table, code, message } of failures) blockAsUnproven(run, table, { code, message });
  run.windowCompareMs = lookMs;
  if (run.window) run.window.cost = { walBytes, lookMs };
}

/** Takes a verdict into the status. A renewal keeps what was proven of the whole table and moves its end. */
export function takeVerdict({ keeper }: Run, verdict: VerificationVerdict): void {
  const { table, result, scope, differentRows } = verdict;
  const before = keeper.getTable(table)?.verification;
  if (result === 'different') {
    keeper.setTable(table, { phase: 'mismatch', verification: verdict });
    blockForVerification(keeper, table, `${differentRows} rows differ`);
    return;
  }
  const { finishedAt, provenUntilMs } = verdict;
  const isRenewal = scope === 'window' && before?.result === 'equal';
  const verification = isRenewal ? { ...before, finishedAt, provenUntilMs } : verdict;
  keeper.setTable(table, { phase: 'verified', verification, failure: undefined });
  keeper.unblock('verification', table);
}

async function compare(run: Run, table: PlannedTable, scope: 'table' | 'window'): Promise<VerificationVerdict> {
  const { level, showKeys } = run.plan.request.verify;
  const provenUntilMs = run.keeper.getTable(table.table)?.verification?.provenUntilMs;
  const since = scope === 'window' && provenUntilMs !== undefined ? { sinceMs: provenUntilMs } : {};
  const method = scope === 'window' ? 'agents' : methodFor(run, table);
  const peerId = peerOf(run, table.table);
  return step(
    'compareTable',
    { run: run.ref, table, level, scope, ...since, method, peerId, showKeys, exact: false },
    { summary: `compare ${table.table}, ${scope === 'window' ? 'rows touched since the last proof' : 'whole'}` },
  );
}

function methodFor({ plan }: Run, { sizeBytes }: PlannedTable): 'agents' | 'verify-replication' {
  const { agentCompareCells, level } = plan.request.verify;
  const isSmall = sizeBytes / BYTES_PER_CELL <= agentCompareCells;
  return isSmall || level === 'rows' ? 'agents' : 'verify-replication';
}

async function orBlock(run: Run, { table }: PlannedTable, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isStopped(error)) throw error;
    blockAsUnproven(run, table, toCause(error));
  }
}

function blockAsUnproven(
  { keeper }: Run,
  table: TableName,
  { code, message }: { code: FailureCode; message: string },
): void {
  keeper.setTable(table, { phase: 'restored', failure: { code, message } });
  blockForVerification(keeper, table, `could not be compared: ${code}: ${message}`);
}

function blockForVerification(keeper: Run['keeper'], table: string, message: string): void {
  const fix = 'look at the cause, then retryTable, or cutOverWithout';
  keeper.block({ code: 'verification', table, message, fix });
}
