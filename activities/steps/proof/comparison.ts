import type { PlannedTable } from '../../../workflows/contract/plan.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import type { HBaseCluster, RowDigest } from '../../hbase/cluster.ts';
import type { StepContext } from '../../step-context.ts';
import { toIgnoreBefore } from './ttl-margin.ts';

export type CompareLevel = 'cells' | 'rows';

/** Two sides of one table and what "the same" means. */
export interface Comparison {
  ctx: StepContext;
  source: HBaseCluster;
  target: HBaseCluster;
  table: PlannedTable;
  level: CompareLevel;
  startedMs: number;
  /**
   * What the verdict covers: the slowest clock of either cluster when the compare began. Whatever is acknowledged
   * later is logged at this time or later, so the next window starts here.
   */
  provenUntilMs: number;
  /** Threshold of each family with a TTL, as of now. Both sides of one look take the same. */
  ignoreBeforeMs(): { ignoreBeforeMs?: Record<string, number> };
}

/** What was seen of both sides so far. */
export interface Tally {
  rowsSource: number;
  rowsTarget: number;
  cells: number;
  /** Rows that differed at the first look. */
  suspects: string[];
  /** Further ones, beyond those kept in memory. */
  moreSuspects: number;
}

/** Beyond this a table is not judged row by row. */
const MOST_SUSPECTS = 50_000;

export async function startComparison(
  { run, table, level }: { run: RunRef; table: PlannedTable; level: CompareLevel },
  { ctx, deps }: StepWorld,
): Promise<Comparison> {
  const [source, target] = await Promise.all([deps.cluster(run.source), deps.cluster(run.target)]);
  const [sourceClocks, targetClocks] = await Promise.all([source.readClocks(), target.readClocks()]);
  const startedMs = ctx.nowMs();
  const clocks = [...sourceClocks, ...targetClocks].map(({ clockMs }) => clockMs);
  const newestMs = Math.max(...clocks);
  return {
    ctx,
    source,
    target,
    table,
    level,
    startedMs,
    provenUntilMs: Math.min(...clocks),
    ignoreBeforeMs: () => {
      const ignoreBeforeMs = toIgnoreBefore(table.families, newestMs + ctx.nowMs() - startedMs);
      return ignoreBeforeMs ? { ignoreBeforeMs } : {};
    },
  };
}

export function emptyTally(): Tally {
  return { rowsSource: 0, rowsTarget: 0, cells: 0, suspects: [], moreSuspects: 0 };
}

export function sumTallies(tallies: readonly Tally[]): Tally {
  const suspects = [...new Set(tallies.flatMap((tally) => tally.suspects))];
  const sum = (pick: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + pick(tally), 0);
  return {
    rowsSource: sum((tally) => tally.rowsSource),
    rowsTarget: sum((tally) => tally.rowsTarget),
    cells: sum((tally) => tally.cells),
    suspects: suspects.slice(0, MOST_SUSPECTS),
    moreSuspects: sum((tally) => tally.moreSuspects) + Math.max(0, suspects.length - MOST_SUSPECTS),
  };
}

/** Rows that are only on one side, or (by cells) not the same on both. */
export function findDifferentRows(
  { ours, theirs }: { ours: readonly RowDigest[]; theirs: readonly RowDigest[] },
  level: CompareLevel,
): string[] {
  const onSource = new Map(ours.map((row) => [row.row, row]));
  const onTarget = new Map(theirs.map((row) => [row.row, row]));
  const rows = [...new Set([...onSource.keys(), ...onTarget.keys()])];
  return rows.filter((row) => !isSameRow({ ours: onSource.get(row), theirs: onTarget.get(row) }, level));
}

export function isSameRow(
  { ours, theirs }: { ours: RowDigest | undefined; theirs: RowDigest | undefined },
  level: CompareLevel,
): boolean {
  if (!ours || !theirs) return ours === theirs;
  return level === 'rows' || (ours.digest === theirs.digest && ours.cells === theirs.cells);
}
