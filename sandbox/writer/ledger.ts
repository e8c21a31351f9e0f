import { Failure } from '../../activities/failure.ts';

export const OP_KINDS = ['PUT', 'DELETE_ROW', 'DELETE_COLUMN', 'DELETE_VERSION', 'INCREMENT'] as const;
export type OpKind = (typeof OP_KINDS)[number];

/** `REFUSED`: certainly not applied. `AMBIGUOUS`: nobody knows, also when the writer died before the answer. */
export type Outcome = 'ACK' | 'REFUSED' | 'AMBIGUOUS';

export interface LedgerCell {
  /** Empty for an operation on the whole row. */
  family: string;
  /** Hex. */
  qualifier: string;
  /** Milliseconds; absent when the server chose it. */
  timestamp?: number;
  /** Hex; of an increment the delta in decimal digits, in hex. */
  value: string;
}

export interface LedgerOp {
  /** Rises by time within a table. */
  sequence: number;
  /** The cluster it was sent to, by its name in the sandbox. */
  cluster: string;
  table: string;
  /** Hex. */
  row: string;
  kind: OpKind;
  cells: LedgerCell[];
  /** The writer's clock, before it was sent. */
  triedMs: number;
  /** The writer's clock at the answer; absent when the writer died before. */
  endedMs?: number;
  outcome: Outcome;
  /** The error, or an increment's result. */
  note: string;
}

export interface LedgerFamily {
  table: string;
  family: string;
  /** How many versions of a cell are kept. */
  versions: number;
  /** 0: for ever. */
  ttlSeconds: number;
}

export interface Ledger {
  families: LedgerFamily[];
  /** By sequence. */
  ops: LedgerOp[];
}

/** Reads the writer's ledger. A last line without its end is that of a killed writer, and is left out. */
export function parseLedger(text: string): Ledger {
  const families: LedgerFamily[] = [];
  const ops = new Map<number, LedgerOp>();
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const fields = line.split('\t');
    if (fields[0] === '#family') families.push(parseFamily(fields));
    else addLine(ops, parseLine(fields, index + 1));
  }
  return { families, ops: [...ops.values()].toSorted((a, b) => a.sequence - b.sequence) };
}

interface LedgerLine {
  op: Omit<LedgerOp, 'cells' | 'outcome' | 'triedMs'>;
  state: string;
  timeMs: number;
  cell: LedgerCell;
}

/** Each cell has a line when the operation is tried, and the same line again when its outcome is known. */
function addLine(ops: Map<number, LedgerOp>, { op, state, timeMs, cell }: LedgerLine): void {
  const known = ops.get(op.sequence);
  if (state === 'TRY') {
    if (known === undefined) ops.set(op.sequence, { ...op, cells: [cell], triedMs: timeMs, outcome: 'AMBIGUOUS' });
    else known.cells.push(cell);
    return;
  }
  if (known === undefined) throw toLedgerFailure(`operation ${op.sequence} has an outcome but was never tried`);
  known.outcome = parseOutcome(state);
  known.endedMs = timeMs;
  known.note = op.note;
}

function parseLine(fields: string[], number: number): LedgerLine {
  const [sequence, timeMs, state, cluster, table, row, kind, family, qualifier, timestamp, value, note] = fields;
  if (note === undefined) throw toLedgerFailure(`line ${number} has ${fields.length} of 12 fields`);
  return {
    op: {
      sequence: Number(sequence),
      cluster: cluster ?? '',
      table: table ?? '',
      row: row ?? '',
      kind: parseKind(kind),
      note,
    },
    state: state ?? '',
    timeMs: Number(timeMs),
    cell: {
      family: family ?? '',
      qualifier: qualifier ?? '',
      value: value ?? '',
      ...(timestamp === '-' ? {} : { timestamp: Number(timestamp) }),
    },
  };
}

function parseFamily([, table, family, versions, ttlSeconds]: string[]): LedgerFamily {
  return { table: table ?? '', family: family ?? '', versions: Number(versions), ttlSeconds: Number(ttlSeconds) };
}

function parseKind(text: string | undefined): OpKind {
  const kind = OP_KINDS.find((each) => each === text);
  if (kind === undefined) throw toLedgerFailure(`unknown operation ${text}`);
  return kind;
}

function parseOutcome(text: string): Outcome {
  if (text === 'ACK' || text === 'REFUSED' || text === 'AMBIGUOUS') return text;
  throw toLedgerFailure(`unknown outcome ${text}`);
}

function toLedgerFailure(reason: string): Failure {
  return new Failure('sandbox.failed', `The writer's ledger cannot be read: ${reason}.`);
}
