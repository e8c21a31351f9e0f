import type { RegionInfo } from '../../hbase/cluster.ts';

/** Start inclusive, stop exclusive, '' is open; keys are lower-case hex, whose order is the byte order. */
export interface KeyRange {
  startRow: string;
  stopRow: string;
}

/**
 * Ranges along the regions' borders that cover the whole key space, whatever the listing leaves out: rows of the
 * target before the first or between two source regions count too.
 */
export function toKeyRanges(regions: readonly Pick<RegionInfo, 'startKey' | 'endKey'>[]): KeyRange[] {
  const borders = regions.flatMap(({ startKey, endKey }) => [startKey, endKey]).filter((key) => key !== '');
  const starts = ['', ...[...new Set(borders)].sort()];
  return starts.map((startRow, at) => ({ startRow, stopRow: starts[at + 1] ?? '' }));
}

/** The smallest key after `row`. */
export function nextKey(row: string): string {
  return `${row}00`;
}
