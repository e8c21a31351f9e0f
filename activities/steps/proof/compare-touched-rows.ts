import type { CompareTouchedInput, TouchedVerdicts } from '../../../workflows/contract/proof-window.ts';
import type { VerificationVerdict } from '../../../workflows/contract/status.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { compareTouched, type TouchedLook } from './compare-touched.ts';
import { startComparison } from './comparison.ts';
import { inParallel } from './in-parallel.ts';
import { judgeTable } from './judge-table.ts';
import { readPlan } from './read-plan.ts';
import { openSides } from './window-holders.ts';
import { listWindowWals } from './window-wals.ts';

const TABLES_AT_ONCE = 4;
/** A put is logged a moment before it is visible to the compare that ended the window before. */
export const WINDOW_OVERLAP_MS = 30_000;

/**
 * Renews the proofs of all tables at once: every row that the closed WALs of the window touch, on either cluster, is
 * compared whole. Which rows those are is told by the time of the write, not by the times of cells (hazard 3).
 */
export const compareTouchedRows = defineActivity<'compareTouchedRows'>({
  name: 'compareTouchedRows',
  kind: 'job',
  summary: 'compare the rows touched since the last proof',
  run: compareAll,
});

async function compareAll(input: CompareTouchedInput, world: StepWorld): Promise<TouchedVerdicts> {
  const { run, window } = input;
  const sides = await readWindow(input, world);
  const startedMs = world.ctx.nowMs();
  const tables = await inParallel({ items: input.tables, limit: TABLES_AT_ONCE }, async ({ table, sinceMs }) => {
    const comparison = await startComparison({ run, table, level: input.level }, world);
    const provenUntilMs = Math.min(comparison.provenUntilMs, window.heldFromMs);
    return { comparison: { ...comparison, provenUntilMs }, sinceMs: sinceMs - WINDOW_OVERLAP_MS };
  });
  const looks = await compareTouched({ ctx: world.ctx, sides, tables });
  const lookMs = world.ctx.nowMs() - startedMs;
  const judged = await inParallel({ items: looks, limit: TABLES_AT_ONCE }, (look) => judge(input, { look, world }));
  const walBytes = sides.flatMap(({ wals }) => wals).reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    verdicts: judged.flatMap((one) => ('verdict' in one ? [one.verdict] : [])),
    failures: judged.flatMap((one) => ('failure' in one ? [one.failure] : [])),
    walBytes,
    lookMs,
  };
}

async function readWindow({ run, window }: CompareTouchedInput, world: StepWorld) {
  const sides = await openSides(run, world);
  return Promise.all(sides.map(async (side) => ({ side, wals: await listWindowWals(side, { window, world }) })));
}

type Judged = { verdict: VerificationVerdict } | { failure: TouchedVerdicts['failures'][number] };

/** One table that cannot be compared does not keep the others from their proof. */
async function judge(
  { run, level, showKeys, tables }: CompareTouchedInput,
  { look, world }: { look: TouchedLook; world: StepWorld },
): Promise<Judged> {
  const { comparison, outcome } = look;
  const { table } = comparison.table;
  const { peerId = '' } = tables.find((one) => one.table.table === table) ?? {};
  try {
    if ('error' in outcome) throw outcome.error;
    const { markerTable } = await readPlan(run, world.deps);
    const method = level === 'rows' ? 'counts' : 'agents';
    const live = { peerId, markerTable };
    const { tally } = outcome;
    return {
      verdict: await judgeTable({ run, scope: 'window', showKeys, comparison, tally, method, live }, world.deps),
    };
  } catch (error) {
    world.ctx.signal.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    return { failure: { table, code: error.code, message: error.message } };
  }
}
