import { Failure } from '../../failure.ts';
import type { RowDigest } from '../../hbase/cluster.ts';
import { type Comparison, isSameRow } from './comparison.ts';
import { inParallel } from './in-parallel.ts';

export interface Recheck {
  /** Rows that stay different. */
  different: string[];
  /** Rows that became equal, or that the source kept changing: those are touched, so the next window proves them. */
  healed: number;
}

export interface RecheckRules {
  /** Looks in a row at which neither side has changed and replication had nothing left: then a difference is real. */
  looks: number;
  firstPauseMs: number;
  longestPauseMs: number;
  timeLimitMs: number;
}

/** While writers run a difference is mostly a row on its way (932 and 35 false ones were measured). */
export const LIVE_RULES: RecheckRules = { looks: 4, firstPauseMs: 100, longestPauseMs: 5_000, timeLimitMs: 600_000 };
/** After the drain nothing is on its way, but a sink may acknowledge before it has written (HBASE-28850). */
export const EXACT_RULES: RecheckRules = { looks: 2, firstPauseMs: 50, longestPauseMs: 200, timeLimitMs: 10_000 };

export interface RecheckOptions {
  comparison: Comparison;
  rows: readonly string[];
  rules: RecheckRules;
  /** Had replication shipped, before this look, everything written before the look? */
  isCaughtUp(): Promise<boolean>;
}

interface Suspect {
  /** Digests at the last look, '' when absent. */
  seen?: { ours: string; theirs: string };
  /** Looks in a row at which neither side had changed. */
  still: number;
  /** The same, whatever the target did: when only the target keeps changing, somebody else writes there. */
  settled: number;
  moved: boolean;
}

const ROWS_AT_ONCE = 500;

/** @throws Failure `step.not-converged` when replication never caught up, so that nothing can be said. */
export async function recheckRows(options: RecheckOptions): Promise<Recheck> {
  const { comparison, rules } = options;
  const suspects = new Map(options.rows.map((row): [string, Suspect] => [row, { still: 0, settled: 0, moved: false }]));
  const different: string[] = [];
  const deadlineMs = comparison.ctx.nowMs() + rules.timeLimitMs;
  for (let pauseMs = rules.firstPauseMs; suspects.size > 0; pauseMs = Math.min(pauseMs * 2, rules.longestPauseMs)) {
    if (comparison.ctx.nowMs() > deadlineMs) {
      different.push(...judgeAtDeadline(options, suspects));
      break;
    }
    await comparison.ctx.sleep(pauseMs);
    const caughtUp = await options.isCaughtUp();
    const looks = await lookAtRows(comparison, [...suspects.keys()]);
    for (const look of looks) {
      const verdict = judgeLook({ look, suspect: suspects.get(look.row), caughtUp }, options);
      if (verdict === 'open') continue;
      suspects.delete(look.row);
      if (verdict === 'different') different.push(look.row);
    }
    reportLeft(comparison, suspects.size);
  }
  return { different, healed: options.rows.length - different.length };
}

interface Look {
  row: string;
  ours: RowDigest | undefined;
  theirs: RowDigest | undefined;
}

function judgeLook(
  { look, suspect, caughtUp }: { look: Look; suspect: Suspect | undefined; caughtUp: boolean },
  { comparison: { level }, rules }: RecheckOptions,
): 'equal' | 'different' | 'open' {
  if (!suspect || isSameRow(look, level)) return 'equal';
  const now = { ours: look.ours?.digest ?? '', theirs: look.theirs?.digest ?? '' };
  const before = suspect.seen;
  const ourMove = before !== undefined && before.ours !== now.ours;
  const theirMove = before !== undefined && before.theirs !== now.theirs;
  suspect.seen = now;
  suspect.moved ||= ourMove;
  suspect.settled = caughtUp && before !== undefined && !ourMove ? suspect.settled + 1 : 0;
  suspect.still = suspect.settled > 0 && !theirMove ? suspect.still + 1 : 0;
  return suspect.still >= rules.looks ? 'different' : 'open';
}

/** A row that the source keeps changing never stands still; its newest change is inside the next window. */
function judgeAtDeadline({ comparison, rules }: RecheckOptions, suspects: Map<string, Suspect>): string[] {
  const standing = [...suspects].filter(([, { moved }]) => !moved);
  const stuck = standing.filter(([, { settled }]) => settled < rules.looks).length;
  if (stuck === 0) return standing.map(([row]) => row);
  const { table } = comparison.table;
  throw new Failure(
    'step.not-converged',
    `${table}: ${stuck} rows differ, and replication did not catch up within ${rules.timeLimitMs} ms to judge them.`,
    { cluster: comparison.source.name, table },
  );
}

async function lookAtRows(comparison: Comparison, rows: string[]): Promise<Look[]> {
  const batches = Array.from({ length: Math.ceil(rows.length / ROWS_AT_ONCE) }, (_, at) =>
    rows.slice(at * ROWS_AT_ONCE, (at + 1) * ROWS_AT_ONCE),
  );
  return (await inParallel({ items: batches, limit: 4 }, (batch) => lookAtBatch(comparison, batch))).flat();
}

export async function lookAtBatch(comparison: Comparison, rows: string[]): Promise<Look[]> {
  const question = { table: comparison.table.table, rows, ...comparison.ignoreBeforeMs() };
  // The source first: what the target shows can only be newer.
  const ours = byRow(await comparison.source.digestRows(question));
  const theirs = byRow(await comparison.target.digestRows(question));
  return rows.map((row) => ({ row, ours: ours.get(row), theirs: theirs.get(row) }));
}

function byRow(rows: RowDigest[]): Map<string, RowDigest> {
  return new Map(rows.map((row) => [row.row, row]));
}

function reportLeft({ ctx, table }: Comparison, left: number): void {
  ctx.progress({ table: table.table, phase: 'looking again at rows that differed', done: left, unit: 'rows' });
}
