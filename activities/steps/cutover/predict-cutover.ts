import type { TableName } from '../../../workflows/contract/names.ts';
import type { Steps } from '../../../workflows/contract/steps.ts';
import type { CutoverForecast } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { BULK_LOAD_LOOKBACK_MS } from '../proof/bulk-loads.ts';
import { predictWindowMs } from '../proof/predict-window.ts';
import { readPlan } from '../proof/read-plan.ts';
import { toFreeMarker } from '../replication/marker-takers.ts';
import { drain } from './drain.ts';
import { predictCosts, toForecast } from './forecast.ts';
import { readNewestClockMs, readOldestClockMs } from './read-clocks.ts';

type PredictInput = Parameters<Steps['predictCutover']>[0];

/** Attribute of the marker table whose change shows what reopening regions costs now. */
const REHEARSAL_ATTRIBUTE = 'thb_rehearsal';

/**
 * A rehearsal without a fence: a descriptor change of the run's own marker table, and one real roll and drain on the
 * live system. Live writers make the drain slower than it will be inside the fence, so it errs to the safe side.
 */
export const predictCutover = defineActivity<'predictCutover'>({
  name: 'predictCutover',
  kind: 'change',
  summary: 'rehearse the drain and predict the write pause',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'rehearsing' }, async (alive) => {
      const { maxWritePauseMs } = input.request.cutover;
      const measured = await rehearse(input, alive);
      if ('tooSlow' in measured) return toHopeless(maxWritePauseMs, measured.tooSlow);
      const windowCompareMs = Math.max(input.windowCompareMs ?? 0, await predictWindowMs(input, alive));
      return toForecast(predictCosts({ ...input, windowCompareMs }, measured), maxWritePauseMs);
    }),
});

type Rehearsal = { reopenMs: number; drainMs: number; clocksMs: number } | { tooSlow: string };

async function rehearse({ run, tables, request, peerIds }: PredictInput, { ctx, deps }: StepWorld): Promise<Rehearsal> {
  const [source, target, plan] = await Promise.all([
    deps.cluster(run.source),
    deps.cluster(run.target),
    readPlan(run, deps),
  ]);
  const markerTable = await toFreeMarker(source, plan.markerTable);
  // Without a table of our own nothing can be reopened for a rehearsal: the rule of thumb for regions decides.
  const reopenMs =
    markerTable === undefined ? 0 : await measureReopen({ source, markerTable, nowMs: () => ctx.nowMs() });
  const clocksMs = (await readNewestClockMs(source, markerTable)) - (await readOldestClockMs(target, markerTable));
  const sentinel = `rehearsal.${run.runId}.${ctx.nowMs()}`;
  const timeLimitMs = request.cutover.maxWritePauseMs;
  try {
    const { durationMs } = await drain({ ctx, source, target, markerTable, peerIds, sentinel, timeLimitMs });
    // An agent remembers closed WALs: read now, the ones before this roll need not be read inside the fence.
    const sinceMs = (await readOldestClockMs(source)) - BULK_LOAD_LOOKBACK_MS;
    await source.findBulkLoads(
      tables.map(({ table }) => table),
      sinceMs,
    );
    return { reopenMs, drainMs: durationMs, clocksMs };
  } catch (error) {
    if (error instanceof Failure && error.code === 'cutover.failed') return { tooSlow: error.message };
    throw error;
  }
}

interface ReopenProbe {
  source: HBaseCluster;
  markerTable: TableName;
  nowMs: () => number;
}

async function measureReopen({ source, markerTable, nowMs }: ReopenProbe): Promise<number> {
  const startedMs = nowMs();
  await source.alterTable(markerTable, { attributes: { [REHEARSAL_ATTRIBUTE]: String(startedMs) } });
  return nowMs() - startedMs;
}

function toHopeless(boundMs: number, why: string): CutoverForecast {
  const reason = `The rehearsal did not drain within maxWritePause (${boundMs} ms): ${why}`;
  return { fits: false, predictedPauseMs: boundMs, predictedUnfenceMs: 0, guardDeadlineMs: 0, reason };
}
