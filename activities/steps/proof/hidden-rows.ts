import type { RegionInfo } from '../../hbase/cluster.ts';
import { compareRows } from './compare-ranges.ts';
import { type Comparison, emptyTally, sumTallies, type Tally } from './comparison.ts';
import { inParallel } from './in-parallel.ts';
import { type KeyRange, toKeyRanges } from './key-ranges.ts';

/**
 * VerifyReplication opens the target's scanner on the FIRST source row of a region: extra target rows before it, or
 * anywhere in a region that is empty on the source, are never seen (hbase.md §4.4). Two small questions a region.
 *
 * @param regions as they were before and after the job: a split or merge meanwhile only adds borders.
 */
export async function findHiddenRows(
  comparison: Comparison,
  regions: readonly Pick<RegionInfo, 'startKey' | 'endKey'>[],
): Promise<Tally> {
  const tallies = await inParallel({ items: toKeyRanges(regions), limit: 8 }, (range) =>
    findHiddenInRange(comparison, range),
  );
  return sumTallies(tallies);
}

async function findHiddenInRange(comparison: Comparison, { startRow, stopRow }: KeyRange): Promise<Tally> {
  const { source, target, ctx } = comparison;
  const { table } = comparison.table;
  const first = await source.digestRange({ table, startRow, stopRow, limit: 1 });
  ctx.progress({ table, phase: 'looking for rows that the job cannot see' });
  const end = first.rows === 0 ? stopRow : (first.lastRow ?? stopRow);
  if (end === startRow && end !== '') return emptyTally();
  const theirs = await target.digestRange({ table, startRow, stopRow: end, limit: 1 });
  return theirs.rows === 0 ? emptyTally() : compareRows(comparison, { startRow, stopRow: end });
}
