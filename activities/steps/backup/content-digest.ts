import type { ContentDigest } from '../../../workflows/contract/backup/record.ts';
import { digestOf } from '../../digest.ts';
import type { RangeDigest } from '../../hbase/cluster.ts';
import { inParallel } from '../proof/in-parallel.ts';

/** WARNING: part of what digests of recorded backups mean; another value makes every drill differ. */
const PAGE_ROWS = 5_000;
const RANGES_AT_ONCE = 4;

export interface DigestedRange {
  startKey: string;
  endKey: string;
}

/** One page of a range, from files or from a table: both answer alike for equal content (hazard 46). */
export type ReadPage = (page: { startRow: string; stopRow: string; limit: number }) => Promise<RangeDigest>;

/**
 * The content of a table, in pages of its ranges as they were at backup time: where regions are now does not matter.
 *
 * @param onRows is told the rows of each page.
 */
export async function digestContent(
  { ranges, onRows }: { ranges: readonly DigestedRange[]; onRows: (rows: number) => void },
  read: ReadPage,
): Promise<ContentDigest> {
  const parts = await inParallel({ items: ranges, limit: RANGES_AT_ONCE }, async (range) => {
    const pages = await readPages(range, async (page) => {
      const found = await read(page);
      onRows(found.rows);
      return found;
    });
    return { rows: sum(pages, 'rows'), cells: sum(pages, 'cells'), digests: pages.map(({ digest }) => digest) };
  });
  return {
    rows: sum(parts, 'rows'),
    cells: sum(parts, 'cells'),
    digest: digestOf(parts.map(({ digests }, index) => [ranges[index]?.startKey, digests])),
  };
}

async function readPages({ startKey, endKey }: DigestedRange, read: ReadPage): Promise<RangeDigest[]> {
  const pages: RangeDigest[] = [];
  for (let startRow = startKey; ;) {
    const page = await read({ startRow, stopRow: endKey, limit: PAGE_ROWS });
    pages.push(page);
    if (page.done || page.lastRow === undefined) return pages;
    startRow = `${page.lastRow}00`;
  }
}

function sum<K extends string>(parts: readonly Record<K, number>[], key: K): number {
  return parts.reduce((total, part) => total + part[key], 0);
}
