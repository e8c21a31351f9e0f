import { HBaseClient } from '../../client/hbase-client.ts';
import { loadTables, type StartedWorkerProcess, startWorkerProcess } from '../../sandbox/index.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import type { Bench } from './bench.ts';

const TASK_QUEUE = 'hbase-takeover';
/** Runs from the copy to the end of the wait for an approval, and asks both clusters all the time. */
const STEP = 'hbase.watchRun';
const KILLS = 7;
const POLL_MS = 50;

/**
 * Two workers, of which the one that runs a step is killed: how long until the other has begun the step's next attempt,
 * each time at another moment between two heartbeats.
 */
export async function measureTakeover(bench: Bench): Promise<number[]> {
  const { sandbox, migrator, note } = bench;
  const environment = { ...sandbox.environment, TEMPORAL_HBASE_TASK_QUEUE: TASK_QUEUE };
  const start = (at: number) =>
    startWorkerProcess({ stateDir: sandbox.stateDir, environment, name: `worker-takeover-${at}` });
  const table = 'takeover:rows';
  await loadTables(sandbox.clusters.old, [{ name: table, rows: 200 }]);
  await using stack = new AsyncDisposableStack();
  const workers = [await start(0), await start(1)];
  stack.defer(() => stopAll(workers));
  const hbase = new HBaseClient({ client: migrator.temporal, taskQueue: TASK_QUEUE });
  const { workflowId } = await hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: [table],
    name: 'bench-takeover',
    acceptWarnings: ['bug.HBASE-29987'],
  });
  const ready = async () => (await hbase.readStatus(workflowId)).canCutOver || undefined;
  await waitUntil(ready, { what: `${workflowId} to wait for its approval`, timeoutMs: 180_000 });
  const takenOverMs: number[] = [];
  for (let at = 0; at < KILLS; at += 1) {
    const tookMs = await killRunning(bench, { workflowId, workers });
    note(`kill ${at + 1}: the step was taken over after ${tookMs} ms`);
    takenOverMs.push(tookMs);
    workers.push(await start(at + 2));
  }
  await hbase.cancelMigration(workflowId);
  await hbase.waitForMigration(workflowId).catch(() => undefined);
  return takenOverMs;
}

interface Kill {
  workflowId: string;
  workers: StartedWorkerProcess[];
}

async function killRunning(bench: Bench, { workflowId, workers }: Kill): Promise<number> {
  const before = await readStep(bench, workflowId);
  const running = workers.find(({ pid }) => before.identity.startsWith(`${pid}@`));
  if (running === undefined) throw new Error(`no worker of ours runs ${STEP}, but ${before.identity}`);
  workers.splice(workers.indexOf(running), 1);
  const startedMs = performance.now();
  await running.kill();
  const isTakenOver = async (): Promise<true | undefined> => {
    const { identity, attempt } = await readStep(bench, workflowId);
    return (identity !== before.identity && attempt > before.attempt) || undefined;
  };
  await waitUntil(isTakenOver, { what: `another worker to run ${STEP}`, timeoutMs: 60_000, pollMs: POLL_MS });
  return Math.round(performance.now() - startedMs);
}

/** Of the attempt that is under way; `identity` is `PID@HOST`. */
async function readStep({ migrator }: Bench, workflowId: string): Promise<{ identity: string; attempt: number }> {
  const { raw } = await migrator.temporal.workflow.getHandle(workflowId).describe();
  const found = raw.pendingActivities?.find(({ activityType }) => activityType?.name === STEP);
  return { identity: found?.lastWorkerIdentity ?? '', attempt: found?.attempt ?? 0 };
}

async function stopAll(workers: StartedWorkerProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.stop()));
}
