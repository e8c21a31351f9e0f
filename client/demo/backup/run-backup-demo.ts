import {
  compareWithDeleted,
  checkLedger,
  deleteRows,
  type DeletedRows,
  loadTables,
  startWorkerProcess,
  startWriter,
  type SandboxDescription,
  type StartedWriter,
} from '../../../sandbox/index.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import type { ArchiveOverview, ArchiveReport, StopArchiveReport } from '../../../workflows/contract/backup/archive.ts';
import type { BackupSummary } from '../../../workflows/contract/backup/record.ts';
import type { DrillReport, RestoreReport } from '../../../workflows/contract/backup/step-data.ts';
import { Failure } from '../../../activities/failure.ts';
import { confirm } from '../../confirm.ts';
import { connectClient, resolveTarget, toUiLink } from '../../connect.ts';
import { HBaseClient } from '../../hbase-client.ts';
import { formatBytes, formatDuration } from '../../render/quantities.ts';
import { watchOperation } from '../../watch-operation.ts';
import {
  type DemoOptions,
  type DemoSandbox,
  type FinishedDemo,
  throwIfInterrupted,
  withDemoSandbox,
} from '../demo-sandbox.ts';
import { type BackupEvidence, formatBackupResult, toBackupPage, toBackupResult } from './backup-result.ts';
import { createStory, pauseSchedules, type Story, type StoryOptions } from './backup-story.ts';
import { toStopArchiveId } from '../../schedules/end-archive.ts';
import { DEMO_ROOT, DEMO_SET, DEMO_TABLES, HIT_TABLE, MISTAKEN_PREFIX, writeBackupsFile } from './demo-backups.ts';

const WAIT_MS = 240_000;
/** Archives are behind by at most one tick; more than a few in vain mean that something is wrong. */
const MOST_TICKS = 5;

/** Scheduled backups of tables under live writers, a mistake, and the second before it back again. */
export function runBackupDemo(options: DemoOptions): Promise<FinishedDemo> {
  return withDemoSandbox(options, (sandbox) => tellStory(options, sandbox));
}

async function tellStory(options: DemoOptions, sandbox: DemoSandbox): Promise<FinishedDemo> {
  const { context, output } = options;
  const { description } = sandbox;
  output.note('loading three tables, starting a worker and two writers');
  const [, connected, worker] = await Promise.all([
    loadTables(description.clusters.old, DEMO_TABLES),
    connectClient(resolveTarget({}, { ...context.env, ...description.environment })),
    startWorkerProcess(description),
  ]);
  await using _connected = connected;
  const told: StoryOptions = { ...options, description, connected };
  const story = createStory(told);
  const [hit, other] = await Promise.all([startDemoWriter(description, 'hit'), startDemoWriter(description, 'other')]);
  const file = await writeBackupsFile(description.stateDir);
  await story.measure('backups', () => backUp(story, { file, hit }));
  const deleted = await story.measure('mistake', () => makeMistake(story, { description, hit }));
  const toMs = (Math.floor(deleted.firstMs / 1_000) - 1) * 1_000;
  await story.measure('archive', () => archiveUpTo(told, story, toMs));
  const restored = await story.measure('restore', () => undo(told, story, { hit, toMs }));
  const drill = await story.measure('drill', () => story.fire<DrillReport>('drill'));
  story.tell(
    `a drill restored ${drill.backupId} on ${drill.cluster} in ${formatDuration(drill.restoreMs)}: ${drill.result}`,
  );
  const checks = await story.measure('compare', () => compare({ description, hit, other, deleted, toMs }));
  await story.type(['backup', 'schedule', 'resume', DEMO_SET]);
  await story.type(['backup', 'list', '--cluster', DEMO_ROOT.cluster, '--root', DEMO_ROOT.root]);
  const status = await story.type(['backup', 'status', file]);
  await pauseSchedules(connected.client, 'the demo ends');
  const backups = await listBackups(story);
  const leftRuns = await cleanUp(told, story);
  if (!options.keep) await worker.stop();
  const { sandboxMs, startedMs } = sandbox;
  const durationsMs = { sandbox: sandboxMs, ...story.durationsMs, total: Date.now() - startedMs };
  const evidence: BackupEvidence = { ...checks, backups, deleted, toMs, restored, drill, leftRuns, durationsMs };
  const result = toBackupResult(evidence);
  return {
    name: 'backup-demo',
    result,
    reports: [restored, drill],
    lines: formatBackupResult(result),
    page: toBackupPage(result, { told: story.told, backups, status }),
  };
}

/** One writes where the mistake is made and pauses while it is undone, the other one never stops. */
function startDemoWriter({ stateDir, clusters }: SandboxDescription, name: 'hit' | 'other'): Promise<StartedWriter> {
  // A writer touches no row that `loadTables` made unless it is told of them: those are the mistake's.
  const tables = name === 'hit' ? [{ name: HIT_TABLE }] : [{ name: 'shop:items', preloadedRows: 4_000 }];
  return startWriter({ stateDir, name, cluster: clusters.old, tables, rate: 50 });
}

/** One by the schedule's time, as the base of an archive that was there before it, and an increment. */
async function backUp(story: Story, { file, hit }: { file: string; hit: StartedWriter }): Promise<void> {
  await story.type(['backup', 'schedule', 'apply', file, '--yes']);
  const tick = await story.fire<ArchiveReport>('archive');
  story.tell(`the WALs are held from ${toTime(tick.coveredFromMs)} on`);
  await waitUntil(
    async () => {
      const backups = await listBackups(story);
      return backups.some(({ startMs }) => startMs > tick.coveredFromMs) ? backups : undefined;
    },
    { what: 'the schedule to make a backup', timeoutMs: WAIT_MS, pollMs: 1_000 },
  );
  story.tell('the schedule has fired by itself; some writes later it is fired by hand');
  await hit.waitForAcknowledged(100);
  await story.fire('backup');
  for (const { id, bytes, newBytes } of await listBackups(story)) {
    story.tell(`backup ${id}: ${formatBytes(bytes)}, ${formatBytes(newBytes)} of it new`);
  }
}

async function listBackups({ backups }: Story): Promise<BackupSummary[]> {
  return (await backups.listBackups({ ...DEMO_ROOT, set: DEMO_SET })).backups;
}

async function makeMistake(
  story: Story,
  { description, hit }: { description: SandboxDescription; hit: StartedWriter },
): Promise<DeletedRows> {
  await hit.waitForAcknowledged(100);
  const wanted = { table: HIT_TABLE, prefix: MISTAKEN_PREFIX };
  const deleted = await deleteRows(description.clusters.old, wanted);
  const { rows, firstMs } = deleted;
  story.tell(`THE MISTAKE: ${rows.size} rows of ${HIT_TABLE} were deleted at ${toTime(firstMs)}; the writers go on`);
  await hit.waitForAcknowledged(50);
  return deleted;
}

/** As an operator does before a repair: the schedules are paused, and what was just written is archived. */
async function archiveUpTo({ connected }: StoryOptions, story: Story, toMs: number): Promise<void> {
  await pauseSchedules(connected.client, 'the demo repairs');
  for (let ticks = 0; ticks < MOST_TICKS; ticks += 1) {
    const { archivedWals, coveredToMs } = await story.fire<ArchiveReport>('archive');
    story.tell(`a tick archived ${archivedWals} WALs: everything up to ${toTime(coveredToMs)}`);
    if (coveredToMs > toMs) return tellInstants(story);
  }
  throw new Failure('sandbox.failed', `the archive does not reach ${toTime(toMs)}`);
}

async function tellInstants(story: Story): Promise<void> {
  const { tables } = await story.execute<ArchiveOverview>('listInstants', { ...DEMO_ROOT, set: DEMO_SET });
  const intervals = tables.find(({ table }) => table === HIT_TABLE)?.intervals ?? [];
  for (const { fromMs, toMs } of intervals) {
    story.tell(`${HIT_TABLE} can be restored to any second from ${toTime(fromMs)} to ${toTime(toMs)}`);
  }
}

async function undo(
  options: StoryOptions,
  story: Story,
  { hit, toMs }: { hit: StartedWriter; toMs: number },
): Promise<RestoreReport> {
  const { context, output, connected, yes } = options;
  const to = toTime(toMs);
  const question = `Bring ${HIT_TABLE} back as it was at ${to}, the second before?`;
  if (!(await confirm(context, { question, isAgreed: yes }))) throw new Failure('cancelled', 'you did not agree');
  story.tell(`the writer of ${HIT_TABLE} pauses, the other one goes on; restoring ${HIT_TABLE} to ${to}`);
  await hit.stop();
  const request = { cluster: 'old', root: DEMO_ROOT.root, set: DEMO_SET, tables: [HIT_TABLE], to, overwrite: true };
  const { workflowId } = await story.backups.startOperation('restoreTables', request);
  output.note(toUiLink(connected.target, workflowId));
  const report = await watchOperation({ connected, workflowId, context, output });
  throwIfInterrupted(context);
  const restored = report as RestoreReport;
  const [table] = restored.tables;
  const { wals = 0, edits = 0 } = table?.replayed ?? {};
  story.tell(
    `restored from ${restored.backupId} and ${wals} WALs with ${edits} edits; kept: ${table?.failsafe ?? '-'}`,
  );
  return restored;
}

interface Compared {
  description: SandboxDescription;
  hit: StartedWriter;
  other: StartedWriter;
  deleted: DeletedRows;
  toMs: number;
}

/** Against the ledgers: of the restored table as they were at that second, of the others as they are now. */
async function compare({ description, hit, other, deleted, toMs }: Compared) {
  const cluster = description.clusters.old;
  await other.stop();
  const [rows, atInstant, after] = await Promise.all([
    compareWithDeleted(cluster, deleted),
    checkLedger({ ledger: hit.ledgerFile, cluster, asOfMs: toMs }),
    other.check(cluster),
  ]);
  return { rows, atInstant, after };
}

/** With its schedule the archive ends, so that the cluster keeps no WALs for it. Answers the runs that are left. */
async function cleanUp({ connected, output }: StoryOptions, story: Story): Promise<string[]> {
  await story.type(['backup', 'schedule', 'delete', DEMO_SET, '--yes']);
  const ending = connected.client.workflow.getHandle(
    toStopArchiveId({ cluster: 'old', root: DEMO_ROOT.root, set: DEMO_SET }),
  );
  const { removedHolders } = (await ending.result()) as StopArchiveReport;
  output.note(`removed the holder ${removedHolders.join(', ')}`);
  const runs = await new HBaseClient({ ...connected, taskQueue: connected.target.taskQueue }).findLeaks();
  return runs.map(({ run }) => run.runId);
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
