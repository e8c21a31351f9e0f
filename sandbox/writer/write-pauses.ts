import { groupBy } from './group-by.ts';
import type { Ledger, LedgerOp } from './ledger.ts';

/** What a client of one table saw when it moved to the other cluster. */
export interface WritePause {
  table: string;
  from: string;
  to: string;
  /** Answer to the last acknowledged write on `from`. */
  lastMs: number;
  /** Answer to the first acknowledged write on `to`. */
  firstMs: number;
  pauseMs: number;
}

/** Writes of one table that failed one after another, until one was acknowledged again. */
export interface RefusalPeriod {
  table: string;
  cluster: string;
  fromMs: number;
  /** Absent while it lasts. */
  untilMs?: number;
  count: number;
  /** Each different error, once. */
  messages: string[];
}

/** One entry per table and switch, in order of time. */
export function listWritePauses(ledger: Ledger): WritePause[] {
  return groupByTable(ledger.ops.filter(({ outcome }) => outcome === 'ACK')).flatMap((ops) =>
    ops.slice(1).flatMap((op, index) => {
      const before = ops[index];
      return before === undefined || before.cluster === op.cluster ? [] : [toPause(before, op)];
    }),
  );
}

function toPause(last: LedgerOp, first: LedgerOp): WritePause {
  const lastMs = last.endedMs ?? last.triedMs;
  const firstMs = first.endedMs ?? first.triedMs;
  return { table: first.table, from: last.cluster, to: first.cluster, lastMs, firstMs, pauseMs: firstMs - lastMs };
}

/** Every period in which a table's writes were refused or went unanswered. */
export function listRefusalPeriods(ledger: Ledger): RefusalPeriod[] {
  // Without an answer yet it is in flight, not refused.
  return groupByTable(ledger.ops.filter(({ endedMs }) => endedMs !== undefined)).flatMap((ops) => {
    const periods: RefusalPeriod[] = [];
    let open: RefusalPeriod | undefined;
    for (const op of ops) {
      if (op.outcome !== 'ACK') {
        if (open === undefined) periods.push((open = toPeriod(op)));
        addRefusal(open, op);
      } else if (open !== undefined) {
        open.untilMs = op.endedMs ?? op.triedMs;
        open = undefined;
      }
    }
    return periods;
  });
}

function toPeriod({ table, cluster, triedMs }: LedgerOp): RefusalPeriod {
  return { table, cluster, fromMs: triedMs, count: 0, messages: [] };
}

function addRefusal(period: RefusalPeriod, op: LedgerOp): void {
  period.count += 1;
  const kind = op.note.slice(0, 120);
  if (!period.messages.includes(kind)) period.messages.push(kind);
}

function groupByTable(ops: LedgerOp[]): LedgerOp[][] {
  return [...groupBy(ops, ({ table }) => table).values()];
}
