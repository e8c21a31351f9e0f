import { Client, Connection } from '@temporalio/client';
import { createCatalogue } from '../../../activities/catalogue/create-catalogue.ts';
import { loadInventory } from '../../../activities/inventory/load-inventory.ts';
import { newId } from '../../../client/new-id.ts';
import { startSandbox, startWorkerProcess, type SandboxDescription } from '../../../sandbox/index.ts';
import { createDeps } from '../../../worker/deps.ts';
import { DEFAULT_TASK_QUEUE } from '../../../workflows/contract/messages.ts';
import type { BackupReport, ExpiryReport } from '../../../workflows/contract/backup/step-data.ts';
import { HBaseClient } from '../../../client/hbase-client.ts';
import {
  deleteSnapshot,
  exportByHand,
  fillTable,
  type Filling,
  restoreByHand,
  takeSnapshot,
  timed,
} from './by-hand.ts';
import { type BackupBenchResult, toBackupBenchResult, type BackupFigures } from './backup-figures.ts';
import { readSteps } from './read-steps.ts';
import { writeSyntheticBackups } from './synthetic-backups.ts';

/** The line whose ExportSnapshot compares checksums, so that both do the same work. */
const CLUSTER = 'new';
const SET = { cluster: CLUSTER, root: 'backups', set: 'bench' };
const BIG: Omit<Filling, 'table'> = { regions: 4, first: 0, rows: 12_000, bytesPerRow: 100_000 };
const CHANGE: Omit<Filling, 'table'> = { regions: 4, first: 50_000, rows: 600, bytesPerRow: 100_000 };
const ENTRIES = 1_000;

interface BackupBench {
  sandbox: SandboxDescription;
  note(text: string): void;
  execute<T>(type: string, input: object): Promise<T>;
}

/** On one fresh sandbox: we go first, so that cold servers and files are ours to pay. */
export async function runBackupBench(note: (text: string) => void): Promise<BackupBenchResult> {
  await using started = await startSandbox({ onProgress: note });
  const sandbox = started.description;
  await using _worker = await startWorkerProcess(sandbox);
  const connection = await Connection.connect({ address: sandbox.environment['TEMPORAL_ADDRESS'] ?? '' });
  const client = new Client({ connection });
  try {
    const execute = async <T>(type: string, input: object) => {
      const workflowId = `bench-${newId()}`;
      const options = { taskQueue: DEFAULT_TASK_QUEUE, workflowId, args: [input] };
      const report = (await client.workflow.execute(type, options)) as T;
      note(`${type}: ${await readSteps(client, workflowId)}`);
      return report;
    };
    // As operators do before anything; a worker that runs for weeks has its agents warm.
    await new HBaseClient({ client }).checkClusters();
    return toBackupBenchResult(await measure({ sandbox, note, execute }), sandbox.pair);
  } finally {
    await connection.close();
  }
}

async function measure(bench: BackupBench): Promise<BackupFigures> {
  const { sandbox, note } = bench;
  const cluster = sandbox.clusters[CLUSTER];
  note('loading two tables of 1.2 GB');
  for (const table of ['ours:big', 'hand:big']) await fillTable(cluster, { table, ...BIG });
  const copies = await measureCopies(bench);
  const incrementRatio = await measureIncrement(bench);
  const expiryMsPerEntry = await measureExpiry(bench);
  return { ...copies, incrementRatio, expiryMsPerEntry };
}

async function measureCopies({ sandbox, note, execute }: BackupBench) {
  const cluster = sandbox.clusters[CLUSTER];
  const byHand = { name: 'hand', from: new URL('/backups-by-hand', cluster.rootDir).href };
  await takeSnapshot(cluster, { table: 'hand:big', name: byHand.name });
  const backUp = { ...SET, tables: ['ours:big'] };
  let bytes = 0;
  const backupMs = await timed(async () => ({ bytes } = await execute<BackupReport>('backUpTables', backUp)));
  const exportMs = await exportByHand(cluster, { ...byHand, from: cluster.rootDir, to: byHand.from });
  note(`backup of ${bytes} bytes: ${seconds(backupMs)}; ExportSnapshot by hand: ${seconds(exportMs)}`);
  await deleteSnapshot(cluster, byHand.name);
  const restore = { ...SET, as: { namespace: 'back' } };
  const restoreMs = await timed(() => execute('restoreTables', restore));
  const restoreByHandMs = await restoreByHand(cluster, { ...byHand, table: 'hand:back' });
  note(`restore: ${seconds(restoreMs)}; ExportSnapshot and clone by hand: ${seconds(restoreByHandMs)}`);
  return {
    backupThroughputRatio: exportMs / backupMs,
    restoreThroughputRatio: restoreByHandMs / restoreMs,
    backupMbPerSecond: bytes / 1_000 / backupMs,
    restoreMbPerSecond: bytes / 1_000 / restoreMs,
  };
}

/** Bytes copied ÷ bytes of the keys and values that were written since the backup before. */
async function measureIncrement({ sandbox, note, execute }: BackupBench): Promise<number> {
  const changed = await fillTable(sandbox.clusters[CLUSTER], { table: 'ours:big', ...CHANGE });
  const { newBytes } = await execute<BackupReport>('backUpTables', { ...SET, tables: ['ours:big'] });
  note(`increment: ${newBytes} bytes for ${changed} that were written`);
  return newBytes / changed;
}

async function measureExpiry({ sandbox, note, execute }: BackupBench): Promise<number> {
  const inventory = loadInventory(sandbox.clustersFile);
  const rootUri = inventory.storageRoots.get(SET.root)?.uri ?? '';
  const deps = createDeps(inventory);
  try {
    const { files } = await deps.cluster(CLUSTER);
    const { backups } = await createCatalogue({ files, rootUri, nowMs: () => Date.now() }).readAll();
    const newest = backups.at(-1)?.record;
    if (newest === undefined) throw new Error('there is no backup');
    note(`writing ${ENTRIES} entries of the catalogue`);
    await writeSyntheticBackups(files, { rootUri, newest, count: ENTRIES });
  } finally {
    await deps.close();
  }
  const keep = { last: 1 };
  const report = await execute<ExpiryReport>('expireBackups', { ...SET, keep, grace: '0s' });
  if (report.expired.length < ENTRIES) throw new Error(`only ${report.expired.length} backups have expired`);
  note(`expiry of ${report.expired.length} backups, ${report.freed.files} files: ${seconds(report.durationMs)}`);
  return report.durationMs / report.expired.length;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
