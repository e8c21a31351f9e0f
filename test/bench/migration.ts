import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { HBaseClient } from '../../client/hbase-client.ts';
import { startWorkerProcess, type SandboxDescription } from '../../sandbox/index.ts';
import type { MigrationReport } from '../../workflows/contract/status.ts';

export interface Migrated {
  report: MigrationReport;
  /** From the request to the report. */
  durationMs: number;
}

/** A running worker, and a client that asks it to migrate. */
export interface Migrator extends AsyncDisposable {
  readonly temporal: Client;
  migrate(name: string, tables: string[]): Promise<Migrated>;
}

const TIMEOUT_MS = 10 * 60_000;

export async function startMigrator(sandbox: SandboxDescription): Promise<Migrator> {
  const worker = await startWorkerProcess(sandbox);
  const connection = await Connection.connect({ address: sandbox.environment['TEMPORAL_ADDRESS'] ?? '' });
  const temporal = new Client({ connection });
  const hbase = new HBaseClient({ client: temporal });
  // As operators do before a migration; a worker that runs for weeks has its agents warm.
  await hbase.checkClusters();
  return {
    temporal,
    migrate: (name, tables) => migrate(hbase, { name, tables }),
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await connection.close();
    },
  };
}

async function migrate(hbase: HBaseClient, { name, tables }: { name: string; tables: string[] }): Promise<Migrated> {
  const startedMs = performance.now();
  const { workflowId } = await hbase.startMigration({
    source: 'old',
    target: 'new',
    tables,
    name,
    cutover: { approval: 'automatic', maxWritePause: '30s', switchClients: 'switch-writers' },
    // End-of-life lines have bugs without a fix; every cell is compared before the cutover.
    acceptWarnings: ['bug.HBASE-29987'],
  });
  const report = await withLimit(hbase, workflowId);
  return { report, durationMs: performance.now() - startedMs };
}

/** A failed cutover waits for a person, who is not there: its status says why. */
async function withLimit(hbase: HBaseClient, workflowId: string): Promise<MigrationReport> {
  const done = new AbortController();
  const late = sleep(TIMEOUT_MS, undefined, { signal: done.signal }).then(async () => {
    throw new Error(`${workflowId} has not ended: ${JSON.stringify(await hbase.readStatus(workflowId))}`);
  });
  try {
    return await Promise.race([hbase.waitForMigration(workflowId), late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}
