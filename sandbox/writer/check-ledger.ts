import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { compareRow, type Finding, type SeenVersion } from './compare-row.ts';
import { addUnwritten, foldLedger, type RowHistory } from './expected-row.ts';
import { groupBy } from './group-by.ts';
import { parseLedger, type Ledger, type LedgerFamily, type LedgerOp } from './ledger.ts';
import { runScript, type ScriptCluster } from './run-script.ts';

const READ_TIMEOUT_MS = 10 * 60_000;
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
  const seen = await readRows(histories, options);
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

interface SeenRow {
  readMs: number;
  versions: SeenVersion[];
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

async function readRows(histories: RowHistory[], options: LedgerCheckOptions): Promise<Map<string, SeenRow>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'temporal-hbase-check-'));
  try {
    const [wanted, found] = [path.join(folder, 'rows'), path.join(folder, 'found')];
    const rename = (table: string) => options.renamed?.[table] ?? table;
    await writeFile(wanted, histories.map(({ table, row }) => `${rename(table)}\t${row}\n`).join(''));
    const call = { script: 'read-rows.rb', args: [wanted, found], timeoutMs: READ_TIMEOUT_MS } as const;
    await runScript(options.cluster, call);
    const originals = new Map(histories.map(({ table }) => [rename(table), table]));
    return parseSeenRows(await readFile(found, 'utf8'), (table) => originals.get(table) ?? table);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads the script's output; without its last line it is not whole and proves nothing. */
export function parseSeenRows(text: string, toTable: (name: string) => string = (name) => name): Map<string, SeenRow> {
  if (!text.endsWith('end\n')) throw new Failure('sandbox.failed', 'Reading the rows broke off; nothing is proven.');
  const rows = new Map<string, SeenRow>();
  let current: SeenRow | undefined;
  for (const [kind, ...fields] of text.split('\n').map((line) => line.split('\t'))) {
    if (kind === 'row') {
      const [table, row, readMs] = fields;
      current = { readMs: Number(readMs), versions: [] };
      rows.set(toRowKey({ table: toTable(table ?? ''), row: row ?? '' }), current);
    } else if (kind === 'cell') {
      current?.versions.push(parseVersion(fields));
    }
  }
  return rows;
}

function parseVersion([family, qualifier, timestamp, value]: string[]): SeenVersion {
  return {
    family: Buffer.from(family ?? '', 'hex').toString('utf8'),
    qualifier: qualifier ?? '',
    timestamp: Number(timestamp),
    value: value ?? '',
  };
}

function toRowKey({ table, row }: { table: string; row: string }): string {
  return `${table}\t${row}`;
}
