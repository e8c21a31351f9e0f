import { readFile } from 'node:fs/promises';

import { Failure } from '../../activities/failure.ts';
import { compareRow, type Finding } from './compare-row.ts';
import { addUnwritten, foldLedger, type RowHistory } from './expected-row.ts';
import { groupBy } from './group-by.ts';
import { parseLedger, type Ledger, type LedgerFamily, type LedgerOp } from './ledger.ts';
import { readRows, type SeenRow, toRowKey } from './read-rows.ts';
import type { ScriptCluster } from './run-script.ts';

const TTL_TOLERANCE_MS = 10_000;

export interface LedgerCheck {
  /** Operations that the cluster acknowledged. */
  acknowledged: number;
  refused: number;
  /** Operations whose outcome nobody knows; either result is right. */
  ambiguous: number;
  /** What was acknowledged and cannot be read. */
  lost: Finding[];
  /** What was deleted, replaced or has expired and can be read all the same. */
  resurrected: Finding[];
  /** In the writer's cells, but never written by it. */
  unexpected: Finding[];
  tables: string[];
  rows: number;
  /** Versions read. */
  cells: number;
}

export interface LedgerCheckOptions {
  /** Path of a writer's ledger. */
  ledger: string;
  cluster: ScriptCluster;
  /** Only these. @default all tables of the ledger */
  tables?: readonly string[];
  /** The writer's clock: what was answered later may be there or not, what was tried later must not. @default now */
  asOfMs?: number;
  /** Names on this cluster, where a table is called otherwise than on the writer's first one. */
  renamed?: Readonly<Record<string, string>>;
}

/** Reads every row the ledger touches from the cluster and compares all its versions with what was acknowledged. */
export async function checkLedger(options: LedgerCheckOptions): Promise<LedgerCheck> {
  const ledger = selectTables(parseLedger(await readFile(options.ledger, 'utf8')), options.tables);
  const { asOfMs = Number.POSITIVE_INFINITY } = options;
  const then = ledger.ops.filter(({ triedMs }) => triedMs <= asOfMs).map((op) => toOpAsOf(op, asOfMs));
  const histories = addUnwritten(
    foldLedger(then),
    ledger.ops.filter(({ triedMs }) => triedMs > asOfMs),
  );
  const seen = await readHistories(histories, options);
  const findings = histories.flatMap((history) => compareWithSeen({ history, seen, ledger }));
  const ofKind = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind);
  const count = (outcome: string) => then.filter((op) => op.outcome === outcome).length;
  return {
    acknowledged: count('ACK'),
    refused: count('REFUSED'),
    ambiguous: count('AMBIGUOUS'),
    lost: ofKind('lost'),
    resurrected: ofKind('resurrected'),
    unexpected: ofKind('unexpected'),
    tables: [...new Set(ledger.ops.map(({ table }) => table))],
    rows: histories.length,
    cells: [...seen.values()].reduce((sum, { versions }) => sum + versions.length, 0),
  };
}

/** In flight at that instant: nobody knows on which side of it. */
function toOpAsOf(op: LedgerOp, asOfMs: number): LedgerOp {
  const isAnswered = op.endedMs === undefined || op.endedMs <= asOfMs;
  return isAnswered || op.outcome === 'REFUSED' ? op : { ...op, outcome: 'AMBIGUOUS' };
}

function selectTables(ledger: Ledger, tables: readonly string[] | undefined): Ledger {
  return tables === undefined ? ledger : { ...ledger, ops: ledger.ops.filter(({ table }) => tables.includes(table)) };
}

function compareWithSeen({
  history,
  seen,
  ledger,
}: {
  history: RowHistory;
  seen: Map<string, SeenRow>;
  ledger: Ledger;
}): Finding[] {
  const row = seen.get(toRowKey(history));
  if (row === undefined) {
    throw new Failure('sandbox.failed', `Row ${history.row} of ${history.table} was not read; nothing is proven.`);
  }
  const families = toFamilies(ledger.families, history.table);
  return compareRow(history, row.versions, { families, readMs: row.readMs, ttlToleranceMs: TTL_TOLERANCE_MS });
}

function toFamilies(all: readonly LedgerFamily[], table: string): Map<string, LedgerFamily> {
  return new Map((groupBy(all, (each) => each.table).get(table) ?? []).map((each) => [each.family, each]));
}

/** By their names on the writer's first cluster. */
async function readHistories(histories: RowHistory[], options: LedgerCheckOptions): Promise<Map<string, SeenRow>> {
  const rename = ({ table, row }: RowHistory) => ({ table: options.renamed?.[table] ?? table, row });
  const seen = await readRows(options.cluster, histories.map(rename));
  return new Map(
    histories.flatMap((history) => {
      const found = seen.get(toRowKey(rename(history)));
      return found === undefined ? [] : [[toRowKey(history), found]];
    }),
  );
}
