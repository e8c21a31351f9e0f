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
  deleteSnapshots,
  exportByHand,
  fillTable,
  type Filling,
  restoreByHand,
  takeSnapshots,
  timed,
} from './by-hand.ts';
import {
  type BackupBenchResult,
  type BackupFigures,
  NO_BACKUP_FIGURES,
  toBackupBenchResult,
} from './backup-figures.ts';
import { readSteps } from './read-steps.ts';
import { writeSyntheticBackups } from './synthetic-backups.ts';

/** The line whose ExportSnapshot compares checksums, so that both do the same work. */
const CLUSTER = 'new';
const SET = { cluster: CLUSTER, root: 'backups', set: 'bench' };
const ONE: Shape = { tables: 1, regions: 4, first: 0, rows: 12_000, bytesPerRow: 100_000 };
const SIX: Shape = { tables: 6, regions: 4, first: 0, rows: 2_000, bytesPerRow: 100_000 };
const CHANGE = { regions: 4, first: 50_000, rows: 600, bytesPerRow: 100_000 };
const ENTRIES = 1_000;

export const BACKUP_PARTS = ['one', 'six', 'increment', 'expiry'] as const;
export type BackupPart = (typeof BACKUP_PARTS)[number];

interface Shape extends Omit<Filling, 'tables'> {
  /** Of this size each. */
  tables: number;
}

interface BackupBench {
  sandbox: SandboxDescription;
  note(text: string): void;
  execute<T>(type: string, input: object): Promise<T>;
}

/** On one fresh sandbox: we go first, so that cold servers and files are ours to pay. */
export async function runBackupBench({
  parts,
  note,
}: {
  parts: readonly BackupPart[];
  note: (text: string) => void;
}): Promise<BackupBenchResult> {
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
    return toBackupBenchResult(await measure({ sandbox, note, execute }, parts), sandbox.pair);
  } finally {
    await connection.close();
  }
}

async function measure(bench: BackupBench, parts: readonly BackupPart[]): Promise<BackupFigures> {
  let figures = NO_BACKUP_FIGURES;
  const measures: Record<BackupPart, () => Promise<Partial<BackupFigures>>> = {
    six: async () => {
      const { backup, restore, ...speeds } = await measureCopies(bench, { namespace: 'six', shape: SIX });
      return { backupThroughputRatio: backup, restoreThroughputRatio: restore, ...speeds };
    },
    one: async () => {
      const { backup, restore } = await measureCopies(bench, { namespace: 'one', shape: ONE });
      return { oneTableBackupRatio: backup, oneTableRestoreRatio: restore };
    },
    increment: async () => ({ incrementRatio: await measureIncrement(bench) }),
    expiry: async () => ({ expiryMsPerEntry: await measureExpiry(bench) }),
  };
  for (const part of BACKUP_PARTS.filter((each) => parts.includes(each)))
    figures = { ...figures, ...(await measures[part]()) };
  return figures;
}

/** Ours ÷ by hand, of tables of the same shape in two namespaces: what is copied once would be skipped then. */
async function measureCopies(
  { sandbox, note, execute }: BackupBench,
  { namespace, shape: { tables, ...filling } }: { namespace: string; shape: Shape },
) {
  const cluster = sandbox.clusters[CLUSTER];
  const names = Array.from({ length: tables }, (_, index) => `t${index}`);
  note(`${namespace}: loading ${tables} tables of ${(filling.rows * filling.bytesPerRow) / 1e6} MB, twice`);
  const ofBoth = ['ours', 'hand'].flatMap((owner) => names.map((name) => `${namespace}${owner}:${name}`));
  await fillTable(cluster, { tables: ofBoth, ...filling });
  const snapshots = names.map((name) => ({ name: `${namespace}_${name}`, table: `${namespace}hand:${name}` }));
  await takeSnapshots(cluster, snapshots);
  const root = new URL('/backups-by-hand', cluster.rootDir).href;
  const set = { ...SET, set: namespace };
  let bytes = 0;
  const backupMs = await timed(async () => {
    ({ bytes } = await execute<BackupReport>('backUpTables', { ...set, tables: [`${namespace}ours:*`] }));
  });
  const exportMs = await exportByHand(cluster, { snapshots, from: cluster.rootDir, to: root });
  note(`${namespace}: backup of ${bytes} bytes: ${seconds(backupMs)}; by hand: ${seconds(exportMs)}`);
  await deleteSnapshots(cluster, snapshots);
  const restoreMs = await timed(() => execute('restoreTables', { ...set, as: { namespace: `${namespace}back` } }));
  const restoreByHandMs = await restoreByHand(cluster, { snapshots, from: root });
  note(`${namespace}: restore: ${seconds(restoreMs)}; by hand: ${seconds(restoreByHandMs)}`);
  return {
    backup: exportMs / backupMs,
    restore: restoreByHandMs / restoreMs,
    backupMbPerSecond: bytes / 1_000 / backupMs,
    restoreMbPerSecond: bytes / 1_000 / restoreMs,
  };
}

/** Bytes copied ÷ bytes of the keys and values that were written since the backup before. */
async function measureIncrement({ sandbox, note, execute }: BackupBench): Promise<number> {
  const cluster = sandbox.clusters[CLUSTER];
  const table = 'changed:rows';
  const backUp = { ...SET, tables: [table] };
  await fillTable(cluster, { tables: [table], ...CHANGE, first: 0, rows: 2_000 });
  await execute<BackupReport>('backUpTables', backUp);
  const changed = await fillTable(cluster, { tables: [table], ...CHANGE });
  const { newBytes } = await execute<BackupReport>('backUpTables', backUp);
  note(`increment: ${newBytes} bytes for ${changed} that were written`);
  return newBytes / changed;
}

/** Beside a real backup of their set, which stays. */
async function measureExpiry({ sandbox, note, execute }: BackupBench): Promise<number> {
  const table = 'kept:rows';
  await fillTable(sandbox.clusters[CLUSTER], { tables: [table], ...CHANGE, rows: 10 });
  const set = { ...SET, set: 'expiry' };
  const { backupId } = await execute<BackupReport>('backUpTables', { ...set, tables: [table] });
  const inventory = loadInventory(sandbox.clustersFile);
  const rootUri = inventory.storageRoots.get(SET.root)?.uri ?? '';
  const deps = createDeps(inventory);
  try {
    const { files } = await deps.cluster(CLUSTER);
    const newest = (await createCatalogue({ files, rootUri, nowMs: () => Date.now() }).readOne(backupId)).state.record;
    note(`writing ${ENTRIES} entries of the catalogue`);
    await writeSyntheticBackups(files, { rootUri, newest, count: ENTRIES });
    note('expiring them');
  } finally {
    await deps.close();
  }
  const report = await execute<ExpiryReport>('expireBackups', { ...set, keep: { last: 1 }, grace: '0s' });
  if (report.expired.length !== ENTRIES) throw new Error(`${report.expired.length} backups have expired`);
  note(`expiry of ${ENTRIES} backups, ${report.freed.files} files: ${seconds(report.durationMs)}`);
  return report.durationMs / ENTRIES;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
