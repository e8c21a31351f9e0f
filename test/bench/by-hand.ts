import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgramOrFail } from '../../sandbox/run-program.ts';
import type { SandboxDescription } from '../../sandbox/index.ts';

const SCRIPT = fileURLToPath(new URL('./by-hand.sh', import.meta.url));
const TIMEOUT_MS = 15 * 60_000;

/** Migrates one table with the hand-written script. Returns how long that took, in ms. */
export async function migrateByHand({ clusters }: SandboxDescription, table: string): Promise<number> {
  const id = table.replace(/[^a-z0-9]/g, '');
  const env = {
    ...process.env,
    OLD_HBASE: path.join(clusters.old.binDir, 'hbase'),
    NEW_HBASE: path.join(clusters.new.binDir, 'hbase'),
    OLD_ROOT: clusters.old.rootDir,
    NEW_ROOT: clusters.new.rootDir,
    NEW_KEY: clusters.new.clusterKey,
  };
  const startedMs = performance.now();
  await runProgramOrFail(['bash', SCRIPT, table, `peer_${id}`, `snapshot_${id}`], { env, timeoutMs: TIMEOUT_MS });
  return performance.now() - startedMs;
}
