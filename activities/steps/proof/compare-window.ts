import type { HBaseCluster } from '../../hbase/cluster.ts';
import { isSameRange } from './compare-ranges.ts';
import { type Comparison, emptyTally, isSameRow, sumTallies, type Tally } from './comparison.ts';
import { inParallel } from './in-parallel.ts';
import { nextKey } from './key-ranges.ts';
import { lookAtBatch } from './recheck-rows.ts';

/**
 * A put gets its timestamp before it is logged and visible: one that was on its way while the last compare read its
 * row is stamped before `provenUntilMs`. Longer than any put takes that is still acknowledged in time.
 */
export const WINDOW_OVERLAP_MS = 30_000;
const PAGE_ROWS = 20_000;
const BATCH_ROWS = 1_000;
const BATCHES_AT_ONCE = 6;
/** A scan reads so many rows in the time in which one is asked for. */
const SPAN_ROWS_PER_ROW = 4;
const MOST_WIDE_SPANS = 2;

/**
 * Rows with any cell or delete marker since `sinceMs`, on EITHER side, are compared whole: a scan by time of visible
 * cells shows nothing for a deleted older cell (hazard 3). Blind to timestamps that clients set in the past.
 */
export async function compareWindow(comparison: Comparison, sinceMs: number): Promise<Tally> {
  const fromMs = Math.max(0, sinceMs - WINDOW_OVERLAP_MS);
  const [ours, theirs] = await Promise.all([
    listTouchedRows({ comparison, cluster: comparison.source, fromMs }),
    listTouchedRows({ comparison, cluster: comparison.target, fromMs }),
  ]);
  const rows = [...new Set([...ours, ...theirs])].sort();
  return compareKeys({ comparison, spans: { tooWide: 0 } }, rows);
}

export interface KeysCompare {
  comparison: Comparison;
  spans: Spans;
}

/** Compares rows whole, given in order. */
export async function compareKeys(compare: KeysCompare, rows: readonly string[]): Promise<Tally> {
  const batches = Array.from({ length: Math.ceil(rows.length / BATCH_ROWS) }, (_, at) =>
    rows.slice(at * BATCH_ROWS, (at + 1) * BATCH_ROWS),
  );
  const tallies = await inParallel(
    { items: batches, limit: BATCHES_AT_ONCE },
    async (batch) => (await compareSpan(compare, batch)) ?? compareBatch(compare.comparison, batch),
  );
  return sumTallies(tallies);
}

interface Spans {
  /** So many batches were spread so wide that reading all between their rows would be dearer than asking for each. */
  tooWide: number;
}

/**
 * Rows that stand close together are digested in one go with what is between them, several times faster than row by
 * row; inside the fence writers wait for it. Equal spans prove their rows; undefined when each row must be looked at.
 */
async function compareSpan({ comparison, spans }: KeysCompare, rows: string[]): Promise<Tally | undefined> {
  const [startRow, lastRow] = [rows[0], rows.at(-1)];
  if (startRow === undefined || lastRow === undefined || spans.tooWide >= MOST_WIDE_SPANS) return undefined;
  const { source, target, table, level, ctx } = comparison;
  const span = { table: table.table, startRow, stopRow: nextKey(lastRow), ...comparison.ignoreBeforeMs() };
  const ours = await source.digestRange({ ...span, limit: rows.length * SPAN_ROWS_PER_ROW + 1 });
  if (!ours.done) {
    spans.tooWide += 1;
    return undefined;
  }
  const theirs = await target.digestRange({ ...span, limit: ours.rows + 1 });
  ctx.progress({ table: table.table, phase: 'comparing the rows touched', unit: 'rows' });
  if (!theirs.done || !isSameRange({ ours, theirs }, level)) return undefined;
  return { ...emptyTally(), rowsSource: ours.rows, rowsTarget: theirs.rows, cells: ours.cells };
}

async function compareBatch(comparison: Comparison, rows: string[]): Promise<Tally> {
  const looks = await lookAtBatch(comparison, rows);
  comparison.ctx.progress({ table: comparison.table.table, phase: 'comparing the rows touched', unit: 'rows' });
  return {
    rowsSource: looks.filter(({ ours }) => ours).length,
    rowsTarget: looks.filter(({ theirs }) => theirs).length,
    cells: looks.reduce((sum, { ours }) => sum + (ours?.cells ?? 0), 0),
    suspects: looks.filter((look) => !isSameRow(look, comparison.level)).map(({ row }) => row),
    moreSuspects: 0,
  };
}

interface TouchedScan {
  comparison: Comparison;
  cluster: HBaseCluster;
  fromMs: number;
}

async function listTouchedRows({ comparison, cluster, fromMs }: TouchedScan): Promise<string[]> {
  const { ctx, table } = comparison;
  const window = { table: table.table, fromMs, toMs: Number.MAX_SAFE_INTEGER, limit: PAGE_ROWS };
  const rows: string[] = [];
  for (let startRow: string | undefined = ''; startRow !== undefined;) {
    ctx.signal.throwIfAborted();
    const page = await cluster.listTouchedRows({ ...window, startRow });
    for (const row of page.rows) rows.push(row);
    ctx.progress({ table: table.table, phase: 'finding the rows touched', done: rows.length, unit: 'rows' });
    startRow = page.nextRow;
  }
  return rows;
}
