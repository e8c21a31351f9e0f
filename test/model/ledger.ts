import { createRowStore, type Cell, type RowStore, type RulesByFamily } from './rows.ts';
import type { Mutation } from './writes.ts';

/**
 * What writers were told: every acknowledged write, and those whose answer was lost. The state a reader must find is
 * worked out from it alone, never from a cluster.
 */
export interface Ledger {
  acknowledged(table: string, mutation: Mutation, cell: Omit<Cell, 'sequence'>): void;
  /** May have been done or not, or may still be. */
  unknown(table: string, mutation: Mutation): void;
  readonly writes: number;
  /** Every way in which what is read differs from what was acknowledged. */
  check(table: string, reader: LedgerReader): string[];
  tables(): string[];
}

export interface LedgerReader {
  rules: RulesByFamily;
  nowMs: number;
  read(row: string): { family: string; qualifier: string; timestampMs: number; value: string }[];
}

/** Server-stamped columns: the last word wins. Client-stamped ones: what the timestamps say. */
interface Column {
  row: string;
  family: string;
  qualifier: string;
  /** Newest first: what a reader finds when the newest is taken away. undefined is a deletion. */
  values: (string | undefined)[];
  /** Answers lost since the last acknowledged write: each may hold. */
  doubts: (string | undefined)[];
  stamped: { store: RowStore; doubtful: boolean } | undefined;
}

export function createLedger(): Ledger {
  const tables = new Map<string, Map<string, Column>>();
  let writes = 0;
  const columnsOf = (table: string): Map<string, Column> => {
    const columns = tables.get(table) ?? new Map<string, Column>();
    tables.set(table, columns);
    return columns;
  };
  const columnsHit = (table: string, { row, family, qualifier, type }: Mutation): Column[] => {
    const columns = columnsOf(table);
    if (type === 'delete-family') {
      return [...columns.values()].filter((column) => column.row === row && column.family === family);
    }
    const key = `${row}|${family}|${qualifier}`;
    const known = columns.get(key) ?? { row, family, qualifier, values: [], doubts: [], stamped: undefined };
    columns.set(key, known);
    return [known];
  };
  return {
    get writes() {
      return writes;
    },
    acknowledged: (table, mutation, cell) => {
      writes += 1;
      for (const column of columnsHit(table, mutation)) acknowledge(column, mutation, cell);
    },
    unknown: (table, mutation) => {
      for (const column of columnsHit(table, mutation)) doubt(column, mutation);
    },
    tables: () => [...tables.keys()],
    check: (table, reader) => [...columnsOf(table).values()].flatMap((column) => checkColumn(column, reader)),
  };
}

function acknowledge(column: Column, mutation: Mutation, cell: Omit<Cell, 'sequence'>): void {
  if (mutation.timestampMs !== undefined) {
    column.stamped ??= { store: createRowStore(), doubtful: false };
    column.stamped.store.add(cell);
    return;
  }
  column.doubts = [];
  if (mutation.type === 'put') column.values.unshift(mutation.value ?? '');
  else if (mutation.type === 'delete') column.values.shift();
  else column.values = [undefined];
  column.values.length = Math.min(column.values.length, 4);
}

function doubt(column: Column, mutation: Mutation): void {
  if (mutation.timestampMs !== undefined) {
    column.stamped ??= { store: createRowStore(), doubtful: false };
    column.stamped.doubtful = true;
  } else if (mutation.type === 'put') column.doubts.push(mutation.value ?? '');
  else if (mutation.type === 'delete') column.doubts.push(column.values[1]);
  else column.doubts.push(undefined);
}

function checkColumn(column: Column, reader: LedgerReader): string[] {
  const { row, family, qualifier } = column;
  const cells = reader.read(row).filter((cell) => cell.family === family && cell.qualifier === qualifier);
  const ttlMs = (reader.rules.get(family)?.ttlSeconds ?? 0) * 1_000;
  // What is about to expire, or just has, is either way right.
  if (ttlMs > 0 && ttlMs < 1_000_000_000) return [];
  return column.stamped ? checkStamped(column, cells, reader) : checkNewest(column, cells);
}

function checkNewest({ row, family, qualifier, values, doubts }: Column, cells: { value: string }[]): string[] {
  const found = cells[0]?.value;
  if (found === values[0] || doubts.includes(found)) return [];
  const place = `${row} ${family}:${qualifier}`;
  if (values[0] === undefined) return [`I2: ${place} was deleted and shows ${found}`];
  return [`I1: ${place} must show ${values[0]} and shows ${found ?? 'nothing'}`];
}

function checkStamped(
  { row, family, qualifier, stamped }: Column,
  cells: { timestampMs: number; value: string }[],
  reader: LedgerReader,
): string[] {
  if (!stamped || stamped.doubtful) return [];
  const wanted = stamped.store.read(row, reader).map(({ timestampMs, value }) => `${timestampMs}=${value}`);
  const found = cells.map(({ timestampMs, value }) => `${timestampMs}=${value}`);
  const place = `${row} ${family}:${qualifier}`;
  const lost = wanted.filter((cell) => !found.includes(cell)).map((cell) => `I1: ${place} lacks ${cell}`);
  const back = found.filter((cell) => !wanted.includes(cell)).map((cell) => `I2: ${place} shows ${cell}`);
  return [...lost, ...back];
}
