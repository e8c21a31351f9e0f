import { createHash } from 'node:crypto';
import type { CellData } from '../../activities/hbase/cluster.ts';

export type CellType = 'put' | 'delete' | 'delete-column' | 'delete-family';

/** One stored cell or delete marker. A family marker has no qualifier. */
export interface Cell {
  row: string;
  family: string;
  qualifier: string;
  timestampMs: number;
  type: CellType;
  value: string;
  /** Order of arrival in this store: between equal coordinates the later one is read. */
  sequence: number;
}

export interface FamilyRules {
  maxVersions: number;
  ttlSeconds: number;
}
export type RulesByFamily = ReadonlyMap<string, FamilyRules>;

export const FOREVER_SECONDS = 2_147_483_647;

export interface View {
  rules: RulesByFamily;
  nowMs: number;
}

/** The cells of one table, as HBase stores them: versions and markers side by side. */
export interface RowStore {
  add(cell: Omit<Cell, 'sequence'>): void;
  cellsOf(row: string): readonly Cell[];
  /** Sorted keys in [start, stop); '' is open. */
  keys(startKey?: string, stopKey?: string): string[];
  /** What a reader sees, in scan order. */
  read(row: string, view: View): CellData[];
  /** Every cell of a key range, for a snapshot. */
  copy(startKey: string, stopKey: string): Cell[];
  lastSequence(startKey: string, stopKey: string): number;
  /** A major compaction: masked, surplus and expired cells go, markers go unless `holdMs` keeps them. */
  compact(view: View & { holdMs: number }): void;
}

export function createRowStore(initial: readonly Cell[] = []): RowStore {
  const byRow = new Map<string, Cell[]>();
  let sequence = 0;
  let sorted: string[] | undefined;
  const add = (cell: Omit<Cell, 'sequence'>): void => {
    sequence += 1;
    const cells = byRow.get(cell.row);
    if (!cells) {
      byRow.set(cell.row, [{ ...cell, sequence }]);
      sorted = undefined;
      return;
    }
    const twin = cells.findIndex((other) => isSamePlace(other, cell));
    if (twin < 0) cells.push({ ...cell, sequence });
    else cells[twin] = { ...cell, sequence };
  };
  const keys = (startKey = '', stopKey = ''): string[] => {
    sorted ??= [...byRow.keys()].toSorted();
    if (startKey === '' && stopKey === '') return sorted;
    return sorted.filter((row) => row >= startKey && (stopKey === '' || row < stopKey));
  };
  const copy = (startKey: string, stopKey: string): Cell[] => keys(startKey, stopKey).flatMap((row) => byRow.get(row)!);
  for (const cell of initial) add(cell);
  return {
    add,
    keys,
    copy,
    cellsOf: (row) => byRow.get(row) ?? [],
    read: (row, view) => toVisible(byRow.get(row) ?? [], view).map(toCellData),
    lastSequence: (startKey, stopKey) =>
      copy(startKey, stopKey).reduce((last, cell) => Math.max(last, cell.sequence), 0),
    compact: (view) => {
      for (const [row, cells] of byRow) {
        const kept = [...toVisible(cells, view), ...cells.filter((cell) => isHeld(cell, view))];
        if (kept.length > 0) byRow.set(row, kept);
        else byRow.delete(row);
      }
      sorted = undefined;
    },
  };
}

function isSamePlace(a: Omit<Cell, 'sequence'>, b: Omit<Cell, 'sequence'>): boolean {
  return a.timestampMs === b.timestampMs && a.qualifier === b.qualifier && a.family === b.family && a.type === b.type;
}

/** `hbase.hstore.time.to.purge.deletes` counts from the marker's own timestamp: a back-dated delete is not held. */
function isHeld(cell: Cell, { nowMs, holdMs }: { nowMs: number; holdMs: number }): boolean {
  return cell.type !== 'put' && holdMs > 0 && nowMs - cell.timestampMs <= holdMs;
}

/**
 * A marker hides every put at or before its timestamp, also one that arrives later, until a compaction purges it.
 * Hidden cells do not count as versions.
 */
function toVisible(cells: readonly Cell[], { rules, nowMs }: View): Cell[] {
  const newestFirst = cells.filter(
    (cell) => cell.type === 'put' && !isExpired(cell, rules, nowMs) && !isHidden(cell, cells),
  );
  newestFirst.sort(byPlace);
  const counts = new Map<string, number>();
  return newestFirst.filter((cell) => {
    const column = `${cell.family}:${cell.qualifier}`;
    const count = (counts.get(column) ?? 0) + 1;
    counts.set(column, count);
    return count <= (rules.get(cell.family)?.maxVersions ?? 0);
  });
}

function isExpired(cell: Cell, rules: RulesByFamily, nowMs: number): boolean {
  const ttlSeconds = rules.get(cell.family)?.ttlSeconds ?? FOREVER_SECONDS;
  return ttlSeconds !== FOREVER_SECONDS && cell.timestampMs + ttlSeconds * 1_000 < nowMs;
}

function isHidden(put: Cell, cells: readonly Cell[]): boolean {
  return cells.some((marker) => {
    if (marker.type === 'put' || marker.family !== put.family) return false;
    if (marker.type === 'delete-family') return marker.timestampMs >= put.timestampMs;
    if (marker.qualifier !== put.qualifier) return false;
    return marker.type === 'delete' ? marker.timestampMs === put.timestampMs : marker.timestampMs >= put.timestampMs;
  });
}

function byPlace(a: Cell, b: Cell): number {
  if (a.family !== b.family) return a.family < b.family ? -1 : 1;
  if (a.qualifier !== b.qualifier) return a.qualifier < b.qualifier ? -1 : 1;
  return b.timestampMs - a.timestampMs;
}

function toCellData({ family, qualifier, timestampMs, value }: Cell): CellData {
  return { family, qualifier, timestampMs, value };
}

/** One digest over rows in scan order. */
export function digestOf(rows: readonly (readonly [row: string, cells: readonly CellData[]])[]): string {
  const hash = createHash('sha256');
  for (const [row, cells] of rows) {
    for (const cell of cells) {
      hash.update(`${row}|${cell.family}|${cell.qualifier}|${cell.timestampMs}|put|${cell.value}\n`);
    }
  }
  return hash.digest('hex');
}
