import path from 'node:path';
import {
  downSandbox,
  loadTables,
  startWorkerProcess,
  startWriter,
  upSandbox,
  type SandboxDescription,
  type StartedWorkerProcess,
  type StartedWriter,
} from '../../sandbox/index.ts';
import { defaultStateDir } from '../../sandbox/folders.ts';
import { connectClient, resolveTarget, type ConnectedClient } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { HBaseClient } from '../hbase-client.ts';
import type { Output } from '../output.ts';
import { DEMO_TABLES, DEMO_WAVES } from './demo-tables.ts';
import { toDemoResult, type DemoResult } from './demo-result.ts';
import { runWave } from './run-wave.ts';
import type { MigrationReport } from '../../workflows/contract/status.ts';

export interface DemoOptions {
  /** Approve without asking. */
  yes: boolean;
  /** Leave everything up to play with. */
  keep: boolean;
  context: AppContext;
  output: Output;
}

export interface FinishedDemo {
  result: DemoResult;
  reports: MigrationReport[];
}

/** Two waves of tables from one real cluster to another, under a live writer, with a worker killed in the middle. */
export async function runDemo(options: DemoOptions): Promise<FinishedDemo> {
  const { output, keep } = options;
  const stateDir = path.join(path.dirname(defaultStateDir()), 'demo');
  const startedMs = Date.now();
  await downSandbox({ stateDir });
  try {
    const { description } = await upSandbox({ stateDir, onProgress: (line) => output.note(line) });
    return await runWaves(options, { description, startedMs, sandboxMs: Date.now() - startedMs });
  } finally {
    if (keep)
      output.note(
        `everything is still up: . ${stateDir}/env; stop it: temporal-hbase sandbox down --state-dir ${stateDir}`,
      );
    else await downSandbox({ stateDir });
  }
}

interface DemoRun {
  description: SandboxDescription;
  startedMs: number;
  sandboxMs: number;
}

async function runWaves(options: DemoOptions, { description, startedMs, sandboxMs }: DemoRun): Promise<FinishedDemo> {
  const { output, context } = options;
  const { old, new: target } = description.clusters;
  output.note(`Web UI: ${description.uiUrl}`);
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
  return { reports, result: toDemoResult({ ...evidence, totalMs: Date.now() - startedMs }) };
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
