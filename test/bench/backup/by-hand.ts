import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgramOrFail } from '../../../sandbox/run-program.ts';
import type { SandboxCluster } from '../../../sandbox/index.ts';

const FILL = fileURLToPath(new URL('./fill-table.rb', import.meta.url));
const EXPORT = 'org.apache.hadoop.hbase.snapshot.ExportSnapshot';
const TIMEOUT_MS = 10 * 60_000;

/** What an operator types, one process per line. */
function hbase({ binDir }: SandboxCluster, args: string[], input = ''): Promise<string> {
  return runProgramOrFail([path.join(binDir, 'hbase'), ...args], { timeoutMs: TIMEOUT_MS, input });
}

export interface Filling {
  table: string;
  regions: number;
  /** Number of the first row. */
  first: number;
  rows: number;
  bytesPerRow: number;
}

/** Answers the bytes of all keys and values that were written. */
export async function fillTable(cluster: SandboxCluster, filling: Filling): Promise<number> {
  const { table, regions, first, rows, bytesPerRow } = filling;
  const args = [table, ...[regions, first, rows, bytesPerRow].map(String)];
  const told = await hbase(cluster, ['org.jruby.Main', FILL, ...args]);
  return Number(/^bytes\t(\d+)$/m.exec(told)?.[1]);
}

export async function takeSnapshot(cluster: SandboxCluster, snapshot: { table: string; name: string }): Promise<void> {
  await hbase(cluster, ['shell', '-n'], `snapshot '${snapshot.table}', '${snapshot.name}'\n`);
}

/** The copy alone, without the snapshot before it. Answers how long it took, in ms. */
export function exportByHand(
  cluster: SandboxCluster,
  { name, from, to }: { name: string; from: string; to: string },
): Promise<number> {
  return timed(() => hbase(cluster, [EXPORT, '-snapshot', name, '-copy-from', from, '-copy-to', to, '-mappers', '4']));
}

/** The copy back and a clone. Answers how long both took, in ms. */
export function restoreByHand(
  cluster: SandboxCluster,
  { name, from, table }: { name: string; from: string; table: string },
): Promise<number> {
  return timed(async () => {
    await exportByHand(cluster, { name, from, to: cluster.rootDir });
    await hbase(cluster, ['shell', '-n'], `clone_snapshot '${name}', '${table}'\n`);
  });
}

export async function deleteSnapshot(cluster: SandboxCluster, name: string): Promise<void> {
  await hbase(cluster, ['shell', '-n'], `delete_snapshot '${name}'\n`);
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
