import { CancellationScope, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { MigrationPlan } from './contract/plan.ts';
import type { MigrationReport } from './contract/status.ts';
import { withAlarms } from './flow/alarms.ts';
import { openAndSwitch } from './flow/after-mark.ts';
import { complete } from './flow/complete.ts';
import { copyTables } from './flow/copy-tables.ts';
import { passGate } from './flow/gate.ts';
import { toCurrentDetails } from './flow/current-details.ts';
import { setHoldBoard } from './flow/held-steps.ts';
import { createHoldBoard } from './flow/holds.ts';
import { Inbox } from './flow/inbox.ts';
import { createLastKnownMemo } from './flow/last-known.ts';
import { listen } from './flow/listen.ts';
import { claim, openPeer, setScopes } from './flow/prepare.ts';
import { createRun, type Run } from './flow/run.ts';
import { shipBacklog } from './flow/ship.ts';
import { StatusKeeper } from './flow/status-keeper.ts';
import { step } from './flow/step-proxies.ts';
import { toEnding, undo } from './flow/undo.ts';
import { verifyTables } from './flow/verify.ts';
import { Watch } from './flow/watch.ts';

/**
 * Migrates one wave of tables that cut over together, while writers keep writing (design §4).
 *
 * Input: one JSON object, e.g. `{"source": "old", "target": "new", "tables": ["shop:*"]}`; started without, it fails at
 * once and shows an example. Query `status` answers `MigrationStatus`.
 *
 * @returns the report. Whatever stops it before the mark is undone first; after the mark it only completes forward.
 * @throws ApplicationFailure with a code of the failure table; `details[1]` is the report.
 */
export async function migrateTables(input?: unknown): Promise<MigrationReport> {
  const start = { workflowId: workflowInfo().workflowId, ...readClusters(input) };
  const memo = createLastKnownMemo();
  const keeper = new StatusKeeper(start, (status) => {
    setCurrentDetails(toCurrentDetails(status));
    memo.take(status);
  });
  setHoldBoard(createHoldBoard(keeper));
  const inbox = new Inbox(keeper);
  const outside = CancellationScope.current();
  return CancellationScope.nonCancellable(async () => {
    const work = new CancellationScope();
    inbox.stopWork = () => work.cancel();
    // Only now: messages that came before the first task are handled inside, and a cancel among them stops this work.
    listen(inbox);
    // Cancel of the Web UI is our cancel: refused past the mark, where work goes on in this shielded scope.
    outside.cancelRequested.catch(() => inbox.cancelFromOutside());
    return migrate(input, { inbox, work });
  });
}

async function migrate(input: unknown, { inbox, work }: Stoppable): Promise<MigrationReport> {
  const run = createRun(await work.run(() => planRun(input)).catch(endWithoutUndo(inbox)), inbox);
  return withAlarms(run, () => migrateWave(run, work));
}

async function migrateWave(run: Run, work: CancellationScope): Promise<MigrationReport> {
  try {
    await work.run(() => untilMark(run));
  } catch (error) {
    work.cancel();
    const ending = await undo(run, error);
    if (ending !== undefined) throw ending;
  }
  run.inbox.forgetCancel();
  return toTheEnd(run).catch((error: unknown) => {
    throw toEnding(run.inbox, error);
  });
}

/** All that may still be undone. Only looks before `claim`; the source keeps its WALs from `openPeer`. */
async function untilMark(run: Run): Promise<void> {
  const watch = new Watch(run);
  await claim(run);
  await openPeer(run);
  watch.start();
  try {
    await setScopes(run);
    await copyTables(run);
    await shipBacklog(run);
    await verifyTables(run);
    await passGate(run, watch);
  } finally {
    await watch.stop();
  }
}

/** Past the mark. */
async function toTheEnd(run: Run): Promise<MigrationReport> {
  if (!run.isSettling) await openAndSwitch(run);
  // Here is the place of the reverse peer and the rollback window (design §4.10).
  return complete(run);
}

function planRun(request: unknown): Promise<MigrationPlan> {
  const { workflowId } = workflowInfo();
  return step('planMigration', { request, workflowId }, { summary: 'look at both clusters, mint every name' });
}

/** Nothing was written while planning. */
function endWithoutUndo(inbox: Inbox): (error: unknown) => never {
  return (error) => {
    throw toEnding(inbox, error);
  };
}

/** Only for the first lines of the status; the plan says what was really meant. */
function readClusters(input: unknown): { source: string; target: string } {
  const { source, target } = (input ?? {}) as { source?: unknown; target?: unknown };
  return { source: typeof source === 'string' ? source : '?', target: typeof target === 'string' ? target : '?' };
}

interface Stoppable {
  inbox: Inbox;
  work: CancellationScope;
}
