import type { StepContext } from '../../step-context.ts';
import { type Comparison, emptyTally, sumTallies, type Tally } from './comparison.ts';
import { compareKeys } from './compare-window.ts';
import { readTouched } from './read-touched.ts';
import type { WindowSide } from './window-holders.ts';
import type { WindowWal } from './window-wals.ts';

/** So many rows of a table wait to be compared together: rows that stand close together are read in one go. */
const WAITING_ROWS = 6_000;
/** Row keys of all tables that are remembered as compared: most rows are in the WALs of both clusters. */
const MOST_REMEMBERED = 1_000_000;

export interface TouchedCompare {
  ctx: StepContext;
  sides: readonly { side: WindowSide; wals: readonly WindowWal[] }[];
  tables: readonly { comparison: Comparison; sinceMs: number }[];
}

export interface TouchedLook {
  comparison: Comparison;
  /** Or why the table could not be compared; the others were, all the same. */
  outcome: { tally: Tally } | { error: unknown };
}

/**
 * Compares every row that the WALs of both clusters touch, as they are read: never more than some thousand keys of a
 * table wait at a time, and a row that is compared twice does no harm.
 */
export async function compareTouched({ ctx, sides, tables }: TouchedCompare): Promise<TouchedLook[]> {
  const memory = { left: MOST_REMEMBERED };
  const open = new Map(tables.map(({ comparison }) => [comparison.table.table, openTable(comparison, memory)]));
  const total = sides.reduce((sum, { wals }) => sum + wals.length, 0);
  let read = 0;
  const done = (): void => {
    read += 1;
    ctx.progress({ phase: 'reading which rows were touched', done: read, total, unit: 'wals' });
  };
  const question = {
    ctx,
    done,
    tables: [...open.keys()],
    sinceMs: Math.min(...tables.map(({ sinceMs }) => sinceMs)),
    take: async (table: string, rows: string[]) => open.get(table)?.take(rows),
  };
  await Promise.all(sides.map(({ side: { cluster }, wals }) => readTouched({ ...question, cluster, wals })));
  return Promise.all([...open.values()].map((table) => table.end()));
}

interface OpenTable {
  take(rows: string[]): Promise<void>;
  end(): Promise<TouchedLook>;
}

function openTable(comparison: Comparison, memory: { left: number }): OpenTable {
  const compared = new Set<string>();
  const spans = { tooWide: 0 };
  let waiting = new Set<string>();
  let tally = emptyTally();
  let failed: { error: unknown } | undefined;
  let work = Promise.resolve();

  async function compareWaiting(): Promise<void> {
    const rows = [...waiting].toSorted();
    waiting = new Set();
    if (rows.length === 0 || failed) return;
    try {
      tally = sumTallies([tally, await compareKeys({ comparison, spans }, rows)]);
    } catch (error) {
      failed = { error };
      return;
    }
    for (const row of rows.slice(0, memory.left)) compared.add(row);
    memory.left -= Math.min(memory.left, rows.length);
  }

  return {
    take: async (rows) => {
      for (const row of rows) if (!compared.has(row)) waiting.add(row);
      if (waiting.size >= WAITING_ROWS) work = work.then(compareWaiting);
      // Whoever reads waits for who compares.
      await work;
    },
    end: async () => {
      await work;
      await compareWaiting();
      return { comparison, outcome: failed ?? { tally } };
    },
  };
}
