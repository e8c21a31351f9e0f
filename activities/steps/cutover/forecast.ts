import type { MigrationRequest, PlannedTable } from '../../../workflows/contract/plan.ts';
import type { CutoverForecast } from '../../../workflows/contract/step-data.ts';

/** What one cutover is expected to cost, in milliseconds. */
export interface CutoverCosts {
  fenceMs: number;
  drainMs: number;
  /** How far the target's clocks are behind. */
  clocksMs: number;
  compareMs: number;
  openMs: number;
  unfenceMs: number;
}

/**
 * Fixed and per-region cost of a fence and of its undo: measured 0.9 s for 20 regions on a quiet machine, 5.3 s under
 * load, and minutes at thousands of regions (hazard 15). Tables turn in parallel, but one master hands out the work.
 */
const FENCE_COSTS = {
  readonly: { fence: [1_500, 100], unfence: [1_000, 60] },
  // READONLY first, then closed; a disabled table opens writable at once.
  disable: { fence: [2_500, 150], unfence: [1_500, 60] },
  command: { fence: [4_000, 0], unfence: [2_000, 0] },
} as const satisfies Record<MigrationRequest['cutover']['fence'], Record<'fence' | 'unfence', readonly number[]>>;

/** Both sides, one after the other, at half the measured speed of a warm agent. */
const COMPARED_CELLS_PER_SECOND = 40_000;
const BYTES_PER_CELL = 100;
/** A window compare of a table that is too large to be compared whole. */
const WINDOW_COMPARE_MS = 1_000;
const OPEN_MS = 500;

export interface Predicted {
  tables: readonly PlannedTable[];
  request: MigrationRequest;
  /** What the last window of the slowest table took just before. */
  windowCompareMs?: number;
}

/** The costs that nothing measures beforehand. `reopenMs` is what one small table took just now. */
export function predictCosts(
  { tables, request, windowCompareMs = 0 }: Predicted,
  measured: { reopenMs: number; drainMs: number; clocksMs: number },
): CutoverCosts {
  const { fence, unfence } = FENCE_COSTS[request.cutover.fence];
  const regions = tables.reduce((sum, table) => sum + table.regions, 0);
  return {
    fenceMs: Math.max(fence[0] + fence[1] * regions, measured.reopenMs),
    drainMs: measured.drainMs,
    clocksMs: Math.max(measured.clocksMs, 0),
    compareMs: Math.max(predictCompareMs(tables, request), windowCompareMs),
    openMs: OPEN_MS,
    unfenceMs: Math.max(unfence[0] + unfence[1] * regions, measured.reopenMs),
  };
}

function predictCompareMs(tables: readonly PlannedTable[], { verify }: MigrationRequest): number {
  const cells = tables.map(({ sizeBytes }) => sizeBytes / BYTES_PER_CELL);
  const whole = cells.filter((count) => count <= verify.fullInsideFenceCells).reduce((sum, count) => sum + count, 0);
  const large = cells.some((count) => count > verify.fullInsideFenceCells);
  return Math.round((whole / COMPARED_CELLS_PER_SECOND) * 1_000) + (large ? WINDOW_COMPARE_MS : 0);
}

/** The guard must have given writes back within the bound even when all goes wrong, so the unfence counts too. */
export function toForecast(costs: CutoverCosts, boundMs: number): CutoverForecast {
  const { fenceMs, drainMs, clocksMs, compareMs, openMs, unfenceMs } = costs;
  const predictedPauseMs = Math.round(fenceMs + drainMs + clocksMs + compareMs + openMs);
  const marginMs = Math.max(1_000, Math.round(boundMs * 0.05));
  const guardDeadlineMs = Math.max(0, Math.round(boundMs - unfenceMs - marginMs));
  const fits = predictedPauseMs <= guardDeadlineMs;
  const parts =
    `fence ${seconds(fenceMs)} + drain ${seconds(drainMs)} + clocks ${seconds(clocksMs)} + ` +
    `compare ${seconds(compareMs)} + open ${seconds(openMs)} = ${seconds(predictedPauseMs)}`;
  const bound =
    `${seconds(guardDeadlineMs)} are left of maxWritePause ${seconds(boundMs)} after ` +
    `${seconds(unfenceMs)} to give writes back and a margin of ${seconds(marginMs)}`;
  const reason = `${parts}; ${bound}${fits ? '' : ': it does not fit'}.`;
  return { fits, predictedPauseMs, predictedUnfenceMs: Math.round(unfenceMs), guardDeadlineMs, reason };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
