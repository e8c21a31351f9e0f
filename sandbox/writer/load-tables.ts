import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { TABLE_NAME } from '../../workflows/contract/names.ts';
import { runScript, type ScriptCluster } from './run-script.ts';

/** Narrower than HBase's rule; enough for tables of our own. */
const FAMILY_NAME = /^[A-Za-z0-9_]{1,32}$/;
const BASE_TIMEOUT_MS = 120_000;
/** Generous: a loaded machine of two cores still takes some thousand rows a second. */
const TIMEOUT_PER_ROW_MS = 2;

export interface FamilySpec {
  name: string;
  /** @default 1 */
  versions?: number;
  /** @default for ever */
  ttlSeconds?: number;
}

export interface TableSpec {
  /** Its namespace is created when absent. */
  name: string;
  /** Split evenly by the two hexadecimal digits that begin each row key. @default 1 */
  regions?: number;
  /** @default `a` and `b` with one version each */
  families?: FamilySpec[];
  /** Rows `%02x-%08d` with the cell `q` in the first two families. @default 0 */
  rows?: number;
  /** Of all values of a row. @default 100 */
  bytesPerRow?: number;
}

/** Families in which the writer does everything it can: single versions deleted, cells that expire. */
export const WRITER_FAMILIES: readonly FamilySpec[] = [
  { name: 'a', versions: 5 },
  { name: 'b', versions: 1 },
  { name: 't', ttlSeconds: 60 },
];

/** Creates the tables, which must not exist, and fills them with random values. Flushed, so that they have HFiles. */
export async function loadTables(cluster: ScriptCluster, specs: readonly TableSpec[]): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'temporal-hbase-load-'));
  try {
    const file = path.join(folder, 'tables');
    await writeFile(file, specs.flatMap(formatSpec).join(''));
    const rows = specs.reduce((sum, spec) => sum + (spec.rows ?? 0), 0);
    await runScript(cluster, {
      script: 'load-tables.rb',
      args: [file],
      timeoutMs: BASE_TIMEOUT_MS + rows * TIMEOUT_PER_ROW_MS,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function formatSpec(spec: TableSpec): string[] {
  const families = spec.families ?? [{ name: 'a' }, { name: 'b' }];
  assertLegal(spec.name, TABLE_NAME);
  for (const { name } of families) assertLegal(name, FAMILY_NAME);
  const table = ['table', spec.name, spec.regions ?? 1, spec.rows ?? 0, spec.bytesPerRow ?? 100];
  return [
    `${table.join('\t')}\n`,
    ...families.map(({ name, versions, ttlSeconds }) => `family\t${name}\t${versions ?? 1}\t${ttlSeconds ?? 0}\n`),
  ];
}

function assertLegal(name: string, rule: RegExp): void {
  if (!rule.test(name)) throw new Failure('request.invalid', `${JSON.stringify(name)} is no legal name in HBase.`);
}
