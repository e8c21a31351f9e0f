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
  tables: string[];
  regions: number;
  /** Number of the first row. */
  first: number;
  rows: number;
  bytesPerRow: number;
}

/** Answers the bytes of all keys and values that were written. */
export async function fillTable(cluster: SandboxCluster, filling: Filling): Promise<number> {
  const { tables, regions, first, rows, bytesPerRow } = filling;
  const args = [tables.join(','), ...[regions, first, rows, bytesPerRow].map(String)];
  const told = await hbase(cluster, ['org.jruby.Main', FILL, ...args]);
  return Number(/^bytes\t(\d+)$/m.exec(told)?.[1]);
}

export interface SnapshotByHand {
  table: string;
  name: string;
}

/** One shell for all of them. */
async function shell(cluster: SandboxCluster, lines: string[]): Promise<void> {
  await hbase(cluster, ['shell', '-n'], `${lines.join('\n')}\n`);
}

export function takeSnapshots(cluster: SandboxCluster, snapshots: SnapshotByHand[]): Promise<void> {
  return shell(
    cluster,
    snapshots.map(({ table, name }) => `snapshot '${table}', '${name}'`),
  );
}

export function deleteSnapshots(cluster: SandboxCluster, snapshots: SnapshotByHand[]): Promise<void> {
  return shell(
    cluster,
    snapshots.map(({ name }) => `delete_snapshot '${name}'`),
  );
}

/** ExportSnapshot alone, a process for each, without the snapshots before it. Answers how long it took, in ms. */
export function exportByHand(
  cluster: SandboxCluster,
  { snapshots, from, to }: { snapshots: SnapshotByHand[]; from: string; to: string },
): Promise<number> {
  return timed(async () => {
    for (const { name } of snapshots) {
      await hbase(cluster, [EXPORT, '-snapshot', name, '-copy-from', from, '-copy-to', to, '-mappers', '4']);
    }
  });
}

/** The copies back, and a clone of each. Answers how long both took, in ms. */
export function restoreByHand(
  cluster: SandboxCluster,
  { snapshots, from }: { snapshots: SnapshotByHand[]; from: string },
): Promise<number> {
  return timed(async () => {
    await exportByHand(cluster, { snapshots, from, to: cluster.rootDir });
    await shell(
      cluster,
      snapshots.map(({ table, name }) => `clone_snapshot '${name}', '${table}_back'`),
    );
  });
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
