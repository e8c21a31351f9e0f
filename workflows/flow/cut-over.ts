import { CancellationScope } from '@temporalio/workflow';
import type { Approval } from '../contract/messages.ts';
import type { WindowCost } from '../contract/proof-window.ts';
import type { CutoverForecast } from '../contract/step-data.ts';
import { openAttempt, type Attempt } from './cutover-attempt.ts';
import { untilDone } from './holds.ts';
import { heldHolder } from './proof-window.ts';
import { watchBlockers } from './readiness.ts';
import { peerIds, plannedWave, type Run } from './run.ts';
import { step } from './step-proxies.ts';
import { takeVerdict } from './verify.ts';
import { failWith, isCancelled } from './workflow-failure.ts';

/**
 * One attempt to cut over (design §4.9): forecast, guard, fence, drained, clocks, equal, mark; all of it bounded by
 * `maxWritePause`. Whatever goes wrong before the mark gives writes back to the source and answers `unfenced`.
 *
 * @throws CancelledFailure when the migration was cancelled before the mark; the source takes writes again then.
 */
export async function cutOver(run: Run, approval: Approval): Promise<'cut-over' | 'unfenced'> {
  run.keeper.enter('cutting-over');
  const attempt = openAttempt(run, approval.by);
  let isGuarded = false;
  try {
    const forecast = await predict(run, attempt);
    isGuarded = true;
    await fenceToMark(run, attempt, forecast);
    return 'cut-over';
  } catch (error) {
    if (isGuarded && (await giveBack(run, attempt)) === 'cut-over') return 'cut-over';
    attempt.fail(error);
    // A cancelled migration is undone; anything else goes back to the gate.
    if (isCancelled(error) && run.inbox.cancel !== undefined) throw error;
    return 'unfenced';
  }
}

/** Refuses what cannot fit before anything is touched (hazard 15), and asks the switch whether it could. */
async function predict(run: Run, attempt: Attempt): Promise<CutoverForecast> {
  const { plan, ref } = run;
  const { switchClients } = plan.request.cutover;
  const tables = plannedWave(run);
  const forecast = await attempt.time('predict', () =>
    step(
      'predictCutover',
      { run: ref, tables, request: plan.request, peerIds: peerIds(run), ...toWindowCost(run) },
      { summary: 'predict the write pause' },
    ),
  );
  run.keeper.setCutover(attempt.epoch, { predictedPauseMs: forecast.predictedPauseMs });
  if (!forecast.fits || boundOf(run, forecast) <= 0) throw failWith('cutover.too-slow', forecast.reason);
  if (switchClients !== undefined) {
    await attempt.time('check-switch', () =>
      step(
        'checkClientSwitch',
        { run: ref, command: switchClients, tables: tables.map(({ table }) => table) },
        { summary: `could ${switchClients} switch now?` },
      ),
    );
  }
  return forecast;
}

/** The stretch in which no write is acknowledged, or all of them are undone: never longer than the bound. */
async function fenceToMark(run: Run, attempt: Attempt, forecast: CutoverForecast): Promise<void> {
  const boundMs = boundOf(run, forecast);
  await attempt.time('guard', () =>
    step(
      'startFenceGuard',
      { ...attempt.fence, deadlineMs: forecast.guardDeadlineMs },
      { summary: 'start the fence guard' },
    ),
  );
  attempt.startPause();
  const startedMs = Date.now();
  try {
    const leftMs = (): number => Math.max(0, boundMs - (Date.now() - startedMs));
    await CancellationScope.withTimeout(boundMs, () => proveAndMark(run, attempt, leftMs));
  } catch (error) {
    const isOverrun = isCancelled(error) && Date.now() - startedMs >= boundMs;
    if (!isOverrun) throw error;
    throw failWith(
      'cutover.too-slow',
      `The fence stood ${Date.now() - startedMs} ms without a proof; the bound is ${boundMs} ms.`,
    );
  }
}

/** @param leftMs of the bound; no step gives up before it. */
async function proveAndMark(run: Run, attempt: Attempt, leftMs: () => number): Promise<void> {
  const { ref, plan } = run;
  const { markerTable } = plan;
  const fenced = await attempt.time('fence', () =>
    step('fenceTables', attempt.fence, { summary: 'fence every table, prove it per region', withinMs: leftMs() }),
  );
  run.keeper.setCutover(attempt.epoch, { fencedAt: new Date(fenced.provenAtMs).toISOString() });
  await attempt.time('drain', () =>
    step(
      'proveDrained',
      {
        run: ref,
        peerIds: peerIds(run),
        markerTable,
        sentinel: `${ref.runId}-${attempt.epoch}`,
        timeLimitMs: leftMs(),
      },
      { summary: 'prove that every write has arrived', withinMs: leftMs() },
    ),
  );
  await attempt.time('clocks', () =>
    step(
      'waitForClocks',
      { run: ref, markerTable, peerIds: peerIds(run) },
      { summary: 'until the target clocks have passed the source', withinMs: leftMs() },
    ),
  );
  await attempt.time('compare', () => compareFenced(run, leftMs()));
  if (attempt.fence.fence === 'disable') {
    await attempt.time('disable', () =>
      step('disableTables', attempt.fence, {
        summary: 'disable every table, look for bulk loads a last time',
        withinMs: leftMs(),
      }),
    );
  }
  await attempt.time('mark', () => setCutOverMark(run, attempt));
}

/** I3: unproven is not equal. What the watch saw meanwhile counts as well, since READONLY stops no bulk load. */
async function compareFenced(run: Run, withinMs: number): Promise<void> {
  const { level, fullInsideFenceCells, showKeys } = run.plan.request.verify;
  const tables = plannedWave(run).map((table) => {
    const proof = run.keeper.getTable(table.table)?.verification;
    return { table, sinceMs: proof?.provenUntilMs ?? 0, cells: proof?.cells ?? Number.MAX_SAFE_INTEGER };
  });
  const verdicts = await step(
    'compareInsideFence',
    { run: run.ref, ...toWindow(run), tables, level, fullInsideFenceCells, showKeys },
    { summary: `compare ${tables.length} tables inside the fence`, withinMs },
  );
  for (const verdict of verdicts) takeVerdict(run, verdict);
  const equal = new Set(verdicts.filter(({ result }) => result === 'equal').map(({ table }) => table));
  const unproven = tables.filter(({ table }) => !equal.has(table.table)).map(({ table }) => table.table);
  if (unproven.length > 0) throw failWith('verify.mismatch', `Not equal inside the fence: ${unproven.join(', ')}.`);
  const seen = watchBlockers(run.keeper.status);
  if (seen.length > 0) throw failWith('cutover.failed', `Seen while fenced: ${seen.join('; ')}.`);
}

function toWindow(run: Run): { window?: { held: number } } {
  return run.window === undefined ? {} : { window: { held: heldHolder(run, run.window) } };
}

/** What a window costs is measured outside of the fence, and asked of what has been written since. */
function toWindowCost(run: Run): { windowCompareMs: number; window?: WindowCost } {
  const { window } = toWindow(run);
  return { windowCompareMs: run.windowCompareMs, ...(window ? { window: { ...window, ...run.window?.cost } } : {}) };
}

/** POINT OF NO RETURN: whoever creates the mark first decides. Before it everything is undone, after it completed. */
async function setCutOverMark({ ref }: Run, attempt: Attempt): Promise<void> {
  const winner = await step(
    'setMark',
    { run: ref, epoch: attempt.epoch, decision: 'cut-over', by: 'workflow' },
    { summary: 'set the mark: cut over' },
  );
  if (winner.decision !== 'cut-over') {
    throw failWith('cutover.unfenced-by-guard', `The source takes writes again: ${winner.by} decided first.`);
  }
  attempt.win();
}

/** Competes for the mark with `unfence` and obeys the winner; a mark that was set by a lost answer is found here. */
function giveBack(run: Run, attempt: Attempt): Promise<'cut-over' | 'unfenced'> {
  const { ref, keeper } = run;
  const { epoch } = attempt;
  return CancellationScope.nonCancellable(async () => {
    const mark = { run: ref, epoch, decision: 'unfence', by: 'workflow' } as const;
    const { decision } = await untilDone(keeper, 'set the mark: unfence', () =>
      step('setMark', mark, { summary: 'set the mark: unfence' }),
    );
    if (decision === 'cut-over') {
      attempt.win();
      return 'cut-over';
    }
    await untilDone(keeper, 'give writes back', () =>
      attempt.time('unfence', () =>
        step('unfenceTables', attempt.fence, { summary: 'give writes back to the source' }),
      ),
    );
    attempt.endPause();
    const { openedAfterMs } = await untilDone(keeper, 'stop the fence guard', () =>
      step('stopFenceGuard', { run: ref, epoch }, { summary: 'stop the fence guard' }),
    );
    attempt.shortenPause(openedAfterMs);
    attempt.reportPause();
    return 'unfenced';
  });
}

/** Never beyond the guard's deadline, or the guard decides what the workflow could have decided itself. */
function boundOf({ plan }: Run, { predictedUnfenceMs, guardDeadlineMs }: CutoverForecast): number {
  return Math.min(plan.request.cutover.maxWritePauseMs - predictedUnfenceMs, guardDeadlineMs);
}
