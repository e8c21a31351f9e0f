import { Failure } from '../../activities/failure.ts';
import type { LedgerOp } from './ledger.ts';

/** A version that was written with a timestamp of the writer's. */
interface PutVersion {
  timestamp: number;
  value: string;
  certain: boolean;
  sequence: number;
}

/** A marker that hides versions; `family` is empty for the whole row, `timestamps` is what it may cover up to. */
interface Marker {
  kind: 'DELETE_ROW' | 'DELETE_COLUMN' | 'DELETE_VERSION';
  column: string;
  /** Covers up to here for certain. */
  lowMs: number;
  /** Covers nothing above. Differs from `lowMs` when the server chose the timestamp. */
  highMs: number;
  certain: boolean;
  sequence: number;
}

/** A cell as the ledger tells it, before versions, markers and TTL are weighed. */
export interface CellHistory {
  family: string;
  qualifier: string;
  puts: PutVersion[];
  /** What the newest version may be when the server chose timestamps, `undefined` for absent; else no entries. */
  latest: Set<string | undefined>;
}

/** One row as the ledger tells it. */
export interface RowHistory {
  table: string;
  row: string;
  cells: Map<string, CellHistory>;
  markers: Marker[];
}

export function toColumn({ family, qualifier }: { family: string; qualifier: string }): string {
  return `${family}:${qualifier}`;
}

/** Folds operations, which must be in the order of their sequence, into the history of each row they touch. */
export function foldLedger(ops: readonly LedgerOp[]): RowHistory[] {
  const rows = new Map<string, RowHistory>();
  for (const op of ops) {
    if (op.outcome === 'REFUSED') continue;
    const key = `${op.table}\t${op.row}`;
    const row = rows.get(key) ?? { table: op.table, row: op.row, cells: new Map(), markers: [] };
    rows.set(key, row);
    applyOp(row, op);
  }
  return [...rows.values()];
}

/** Adds what must not be there: the cells of operations that were not tried yet. */
export function addUnwritten(histories: readonly RowHistory[], ops: readonly LedgerOp[]): RowHistory[] {
  const rows = new Map(histories.map((history) => [`${history.table}\t${history.row}`, history]));
  for (const op of ops.filter(({ kind }) => kind === 'PUT' || kind === 'INCREMENT')) {
    const key = `${op.table}\t${op.row}`;
    const row = rows.get(key) ?? { table: op.table, row: op.row, cells: new Map(), markers: [] };
    rows.set(key, row);
    for (const cell of op.cells) getCell(row, cell);
  }
  return [...rows.values()];
}

function applyOp(row: RowHistory, op: LedgerOp): void {
  if (op.kind === 'PUT') applyPut(row, op);
  else if (op.kind === 'INCREMENT') applyIncrement(row, op);
  else applyDelete(row, op);
}

function applyPut(row: RowHistory, op: LedgerOp): void {
  for (const { family, qualifier, timestamp, value } of op.cells) {
    const cell = getCell(row, { family, qualifier });
    const certain = op.outcome === 'ACK';
    if (timestamp === undefined) cell.latest = withOutcome(cell.latest, { certain, next: () => value });
    else cell.puts.push({ timestamp, value, certain, sequence: op.sequence });
    assertOneKind(cell, row);
  }
}

function applyIncrement(row: RowHistory, op: LedgerOp): void {
  for (const { family, qualifier, value } of op.cells) {
    const cell = getCell(row, { family, qualifier });
    const delta = BigInt(Buffer.from(value, 'hex').toString('latin1'));
    const next = (before: string | undefined) => toCounter(fromCounter(before) + delta);
    cell.latest = withOutcome(cell.latest, { certain: op.outcome === 'ACK', next });
    assertOneKind(cell, row);
  }
}

function applyDelete(row: RowHistory, op: LedgerOp): void {
  const certain = op.outcome === 'ACK';
  for (const cell of op.cells) {
    const column = op.kind === 'DELETE_ROW' ? '' : toColumn(cell);
    const [lowMs, highMs] =
      cell.timestamp === undefined
        ? [op.triedMs, op.endedMs ?? Number.MAX_SAFE_INTEGER]
        : [cell.timestamp, cell.timestamp];
    const kind = op.kind as Marker['kind'];
    row.markers.push({ kind, column, lowMs, highMs, certain, sequence: op.sequence });
    if (cell.timestamp === undefined) clearLatest(row, column, certain);
  }
}

/** A delete whose timestamp the server chose hides whatever it chose timestamps for before. */
function clearLatest(row: RowHistory, column: string, certain: boolean): void {
  for (const [name, cell] of row.cells) {
    if (cell.latest.size === 0 || (column !== '' && column !== name)) continue;
    cell.latest = withOutcome(cell.latest, { certain, next: () => undefined });
  }
}

function withOutcome(
  before: Set<string | undefined>,
  { certain, next }: { certain: boolean; next: (value: string | undefined) => string | undefined },
): Set<string | undefined> {
  const start = before.size === 0 ? new Set([undefined]) : before;
  const after = [...start].map(next);
  return new Set(certain ? after : [...start, ...after]);
}

function getCell(row: RowHistory, { family, qualifier }: { family: string; qualifier: string }): CellHistory {
  const column = toColumn({ family, qualifier });
  const cell = row.cells.get(column) ?? { family, qualifier, puts: [], latest: new Set<string | undefined>() };
  row.cells.set(column, cell);
  return cell;
}

/** With both kinds on a cell, which version is newest would be a guess. */
function assertOneKind(cell: CellHistory, { table, row }: RowHistory): void {
  if (cell.puts.length === 0 || cell.latest.size === 0) return;
  const where = `${table}, row ${row}, ${toColumn(cell)}`;
  throw new Failure('internal', `The writer mixed its own and the server's timestamps on one cell: ${where}.`);
}

/** HBase's counter: eight bytes, big-endian. */
export function toCounter(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, '0');
}

function fromCounter(hex: string | undefined): bigint {
  return hex === undefined ? 0n : BigInt.asIntN(64, BigInt(`0x${hex}`));
}
