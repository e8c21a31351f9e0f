import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import type { SeenVersion } from './compare-row.ts';
import { parseSeenRows, readRows, type RowName, type SeenRow } from './read-rows.ts';
import { runScript, type ScriptCluster } from './run-script.ts';

const TIMEOUT_MS = 120_000;

/** Rows that were deleted by mistake, as they were before. */
export interface DeletedRows {
  table: string;
  rows: ReadonlyMap<string, SeenRow>;
  /** Clock of the machine: no row was deleted before, and every row was at the second. */
  firstMs: number;
  lastMs: number;
}

/** Deletes the rows that `loadTables` has put there and whose keys begin with `prefix`, as they are now. */
export async function deleteRows(
  cluster: ScriptCluster,
  { table, prefix }: { table: string; prefix: string },
): Promise<DeletedRows> {
  const folder = await mkdtemp(path.join(tmpdir(), 'temporal-hbase-delete-'));
  try {
    const file = path.join(folder, 'deleted');
    await runScript(cluster, { script: 'delete-rows.rb', args: [table, prefix, file], timeoutMs: TIMEOUT_MS });
    return parseDeletedRows(table, await readFile(file, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function parseDeletedRows(table: string, text: string): DeletedRows {
  const rows = parseSeenRows(text);
  const [, firstMs, lastMs] = /^deleted\t(\d+)\t(\d+)$/m.exec(text) ?? [];
  if (firstMs === undefined) throw new Failure('sandbox.failed', `It is not known when rows of ${table} were deleted.`);
  return { table, rows, firstMs: Number(firstMs), lastMs: Number(lastMs) };
}

export interface ComparedRows {
  /** Rows that are not there. */
  lostRows: number;
  /** Versions that are missing, are other ones, or are too many, of rows that are there. */
  mismatchedCells: number;
}

/** Are they what they were? */
export async function compareWithDeleted(cluster: ScriptCluster, deleted: DeletedRows): Promise<ComparedRows> {
  return compareSeenRows(deleted.rows, await readRows(cluster, [...deleted.rows.keys()].map(toRowName)));
}

export function compareSeenRows(before: ReadonlyMap<string, SeenRow>, now: ReadonlyMap<string, SeenRow>): ComparedRows {
  const compared: ComparedRows = { lostRows: 0, mismatchedCells: 0 };
  for (const [key, { versions }] of before) {
    const found = now.get(key)?.versions ?? [];
    if (found.length === 0) compared.lostRows += 1;
    else compared.mismatchedCells += countDifferent(versions, found);
  }
  return compared;
}

function countDifferent(before: readonly SeenVersion[], now: readonly SeenVersion[]): number {
  const [wanted, found] = [new Set(before.map(toText)), new Set(now.map(toText))];
  return countMissing(wanted, found) + countMissing(found, wanted);
}

function toText(version: SeenVersion): string {
  return JSON.stringify(version);
}

function countMissing(wanted: Set<string>, found: Set<string>): number {
  return [...wanted].filter((text) => !found.has(text)).length;
}

function toRowName(key: string): RowName {
  const [table = '', row = ''] = key.split('\t');
  return { table, row };
}
