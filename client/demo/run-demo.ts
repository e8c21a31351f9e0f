import {
  loadTables,
  startWorkerProcess,
  startWriter,
  type SandboxDescription,
  type StartedWorkerProcess,
  type StartedWriter,
} from '../../sandbox/index.ts';
import { connectClient, resolveTarget, type ConnectedClient } from '../connect.ts';
import { HBaseClient } from '../hbase-client.ts';
import { DEMO_TABLES, DEMO_WAVES } from './demo-tables.ts';
import { formatDemoResult, toDemoResult, toReportPage } from './demo-result.ts';
import { type DemoOptions, type DemoSandbox, type FinishedDemo, withDemoSandbox } from './demo-sandbox.ts';
import { runWave } from './run-wave.ts';
import type { MigrationReport } from '../../workflows/contract/status.ts';

/** Two waves of tables from one real cluster to another, under a live writer, with a worker killed in the middle. */
export function runDemo(options: DemoOptions): Promise<FinishedDemo> {
  return withDemoSandbox(options, (sandbox) => runWaves(options, sandbox));
}

async function runWaves(
  options: DemoOptions,
  { description, startedMs, sandboxMs }: DemoSandbox,
): Promise<FinishedDemo> {
  const { output, context } = options;
  const { old, new: target } = description.clusters;
  output.note('loading three tables and starting a writer for each wave');
  const [, connected, firstWorker] = await Promise.all([
    loadTables(old, [...DEMO_TABLES]),
    connectClient(resolveTarget({}, { ...context.env, ...description.environment })),
    startWorkerProcess(description),
  ]);
  await using _connected = connected;
  const writers = await startWriters(description);
  const workers = createWorkerSlot(description, firstWorker);
  const reports: MigrationReport[] = [];
  for (const wave of DEMO_WAVES)
    reports.push(await runWave({ ...options, wave, connected, replaceWorker: workers.replace }));
  output.note('stopping the writers and comparing their ledgers with the target');
  const checks = await Promise.all(writers.map((writer) => writer.stop().then(() => writer.check(target))));
  const pauses = (await Promise.all(writers.map((writer) => writer.readPauses()))).flat();
  const leftRuns = await listLeftRuns(connected);
  if (!options.keep) await workers.stop();
  const evidence = { reports, checks, pauses, leftRuns, workerKills: workers.kills(), sandboxMs };
  const result = toDemoResult({ ...evidence, totalMs: Date.now() - startedMs });
  return { name: 'demo', result, reports, lines: formatDemoResult(result), page: toReportPage(result, reports) };
}

/** One writer per wave: the client switch moves the writers of the tables it is given. */
function startWriters({ stateDir, clusters }: SandboxDescription): Promise<StartedWriter[]> {
  return Promise.all(
    DEMO_WAVES.map(({ tables, request }) =>
      startWriter({
        stateDir,
        name: request.name ?? 'writer',
        cluster: clusters.old,
        other: clusters.new,
        tables: tables.map((name) => ({
          name,
          preloadedRows: DEMO_TABLES.find((spec) => spec.name === name)?.rows ?? 0,
        })),
        rate: 100,
      }),
    ),
  );
}

function createWorkerSlot({ stateDir, environment }: SandboxDescription, first: StartedWorkerProcess) {
  let current = first;
  let kills = 0;
  return {
    async replace() {
      await current.kill();
      kills += 1;
      current = await startWorkerProcess({ stateDir, environment });
    },
    stop: () => current.stop(),
    kills: () => kills,
  };
}

async function listLeftRuns({ client, target }: ConnectedClient): Promise<string[]> {
  const runs = await new HBaseClient({ client, taskQueue: target.taskQueue }).findLeaks();
  return runs.map(({ run }) => run.runId);
}
