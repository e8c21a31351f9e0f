import { Failure } from '../../failure.ts';
import type { RangeDigest } from '../../hbase/cluster.ts';
import { type Comparison, emptyTally, findDifferentRows, sumTallies, type Tally } from './comparison.ts';
import { inParallel } from './in-parallel.ts';
import { type KeyRange, nextKey } from './key-ranges.ts';

/** Rows of one question to an agent: some 100 ms of scanning. */
const CHUNK_ROWS = 5_000;
const RANGES_AT_ONCE = 6;

/** Streams both sides of every range past each other; only digests travel. */
export async function compareRanges(comparison: Comparison, ranges: readonly KeyRange[]): Promise<Tally> {
  const seen = { rows: 0 };
  const report = (rows: number): void => {
    seen.rows += rows;
    comparison.ctx.progress({ table: comparison.table.table, phase: 'comparing', done: seen.rows, unit: 'rows' });
  };
  const tallies = await inParallel({ items: ranges, limit: RANGES_AT_ONCE }, (range) =>
    compareRange({ comparison, range, report }),
  );
  return sumTallies(tallies);
}

interface RangeCompare {
  comparison: Comparison;
  range: KeyRange;
  report: (rows: number) => void;
}

async function compareRange({ comparison, range, report }: RangeCompare): Promise<Tally> {
  let tally = emptyTally();
  for (let { startRow } = range; ;) {
    comparison.ctx.signal.throwIfAborted();
    const chunk = await compareChunk(comparison, { startRow, stopRow: range.stopRow });
    tally = sumTallies([tally, chunk.tally]);
    report(chunk.tally.rowsSource);
    if (chunk.endRow === undefined) return tally;
    startRow = chunk.endRow;
  }
}

/** `endRow`: where the next chunk starts; undefined at the range's end. */
async function compareChunk(comparison: Comparison, range: KeyRange): Promise<{ tally: Tally; endRow?: string }> {
  const { source, target, table, level } = comparison;
  const question = { table: table.table, startRow: range.startRow, ...comparison.ignoreBeforeMs() };
  const ours = await source.digestRange({ ...question, stopRow: range.stopRow, limit: CHUNK_ROWS });
  const endRow = toEndRow(ours);
  const stopRow = endRow ?? range.stopRow;
  // One row more than the source has is enough to see that the target has more.
  const theirs = await target.digestRange({ ...question, stopRow, limit: ours.rows + 1 });
  const next = endRow === undefined ? {} : { endRow };
  if (isSameRange({ ours, theirs }, level)) {
    const tally = { ...emptyTally(), rowsSource: ours.rows, rowsTarget: theirs.rows, cells: ours.cells };
    return { tally, ...next };
  }
  const found = await compareRows(comparison, { startRow: range.startRow, stopRow });
  return { tally: { ...found, rowsSource: ours.rows, cells: ours.cells }, ...next };
}

export function isSameRange({ ours, theirs }: { ours: RangeDigest; theirs: RangeDigest }, level: Comparison['level']) {
  if (!theirs.done || ours.rows !== theirs.rows) return false;
  return level === 'rows' || (ours.cells === theirs.cells && ours.digest === theirs.digest);
}

/** Finds the rows that differ in a range of any size on the target: a page there decides how far one look goes. */
export async function compareRows(comparison: Comparison, range: KeyRange): Promise<Tally> {
  const { source, target, level } = comparison;
  const table = comparison.table.table;
  let tally = emptyTally();
  for (let { startRow } = range; ;) {
    const ignore = comparison.ignoreBeforeMs();
    const page = await target.digestRange({ table, startRow, stopRow: range.stopRow, limit: CHUNK_ROWS, ...ignore });
    const endRow = toEndRow(page);
    const question = { table, range: { startRow, stopRow: endRow ?? range.stopRow }, ...ignore };
    const [ours, theirs] = await Promise.all([source.digestRows(question), target.digestRows(question)]);
    const suspects = findDifferentRows({ ours, theirs }, level);
    const cells = ours.reduce((sum, row) => sum + row.cells, 0);
    const found = { rowsSource: ours.length, rowsTarget: theirs.length, cells, suspects, moreSuspects: 0 };
    tally = sumTallies([tally, found]);
    if (endRow === undefined) return tally;
    startRow = endRow;
  }
}

function toEndRow({ done, lastRow }: RangeDigest): string | undefined {
  if (done) return undefined;
  if (lastRow === undefined) throw new Failure('internal', 'A range was not read to its end, and no row was seen.');
  return nextKey(lastRow);
}
