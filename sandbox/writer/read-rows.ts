import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import type { SeenVersion } from './compare-row.ts';
import { runScript, type ScriptCluster } from './run-script.ts';

const READ_TIMEOUT_MS = 10 * 60_000;

export interface RowName {
  table: string;
  /** Hex. */
  row: string;
}

export interface SeenRow {
  readMs: number;
  versions: SeenVersion[];
}

/** Every visible version of each row, by `toRowKey`; a row that is not there has none. */
export async function readRows(cluster: ScriptCluster, wanted: readonly RowName[]): Promise<Map<string, SeenRow>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'temporal-hbase-check-'));
  try {
    const [names, found] = [path.join(folder, 'rows'), path.join(folder, 'found')];
    await writeFile(names, wanted.map(({ table, row }) => `${table}\t${row}\n`).join(''));
    await runScript(cluster, { script: 'read-rows.rb', args: [names, found], timeoutMs: READ_TIMEOUT_MS });
    return parseSeenRows(await readFile(found, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads the script's output; without its last line it is not whole and proves nothing. */
export function parseSeenRows(text: string): Map<string, SeenRow> {
  if (!text.endsWith('end\n')) throw new Failure('sandbox.failed', 'Reading the rows broke off; nothing is proven.');
  const rows = new Map<string, SeenRow>();
  let current: SeenRow | undefined;
  for (const [kind, ...fields] of text.split('\n').map((line) => line.split('\t'))) {
    if (kind === 'row') {
      const [table, row, readMs] = fields;
      current = { readMs: Number(readMs), versions: [] };
      rows.set(toRowKey({ table: table ?? '', row: row ?? '' }), current);
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

export function toRowKey({ table, row }: RowName): string {
  return `${table}\t${row}`;
}
