import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { HBaseClient } from '../../client/hbase-client.ts';
import {
  loadTables,
  startWorkerProcess,
  startWriter,
  type SandboxDescription,
  type StartedWriter,
  type TableSpec,
} from '../../sandbox/index.ts';
import { readLogTail } from '../../sandbox/read-log-tail.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { DEFAULT_TASK_QUEUE } from '../../workflows/contract/messages.ts';
import type { MigrationStatus } from '../../workflows/contract/status.ts';
import { tell } from '../support/tell.ts';

export function sharedSandbox(): SandboxDescription {
  return inject('sandbox');
}

export interface Bench extends AsyncDisposable {
  readonly sandbox: SandboxDescription;
  readonly temporal: Client;
  readonly hbase: HBaseClient;
  readonly taskQueue: string;
  /** What runs have left since this bench was opened: what an earlier, failed test left is not blamed on this one. */
  findNewLeaks(): Promise<string[]>;
}

/** With a worker of its own, which may be killed. */
export interface OwnBench extends Bench {
  /** kill -9, then another one. */
  replaceWorker(): Promise<void>;
  killWorker(): Promise<void>;
  startWorker(): Promise<void>;
}

/** On the shared sandbox, with the worker that other tests use too, and whose agents are warm. */
export function openSharedBench(): Promise<Bench> {
  tell(readSharedWorkersLog);
  return connectBench(sharedSandbox(), DEFAULT_TASK_QUEUE);
}

async function readSharedWorkersLog(): Promise<string> {
  const logs = path.join(sharedSandbox().stateDir, 'logs');
  const names = (await readdir(logs)).filter((name) => name.startsWith('worker-shared-'));
  return (await Promise.all(names.map((name) => readLogTail(path.join(logs, name))))).join('\n');
}

/** With a worker on a task queue of its own, for tests that kill it or have a clusters file of their own. */
export async function openBench(sandbox: SandboxDescription, name: string): Promise<OwnBench> {
  const taskQueue = `hbase-${name}`;
  const environment = {
    ...sandbox.environment,
    TEMPORAL_HBASE_TASK_QUEUE: taskQueue,
    TEMPORAL_HBASE_WORKFLOW_BUNDLE: inject('workflowBundle'),
  };
  const start = async () => {
    const started = await startWorkerProcess({ stateDir: sandbox.stateDir, environment, name: `worker-${name}` });
    tell(() => readLogTail(started.logFile));
    return started;
  };
  let worker = await start();
  const bench = await connectBench(sandbox, taskQueue);
  return {
    ...bench,
    killWorker: () => worker.kill(),
    async startWorker() {
      worker = await start();
    },
    async replaceWorker() {
      await worker.kill();
      worker = await start();
    },
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await bench[Symbol.asyncDispose]();
    },
  };
}

async function connectBench(sandbox: SandboxDescription, taskQueue: string): Promise<Bench> {
  const connection = await Connection.connect({ address: sandbox.environment['TEMPORAL_ADDRESS'] ?? '' });
  const temporal = new Client({ connection });
  const hbase = new HBaseClient({ client: temporal, taskQueue });
  const known = new Set((await hbase.findLeaks()).map(({ run }) => run.runId));
  return {
    sandbox,
    temporal,
    hbase,
    taskQueue,
    async findNewLeaks() {
      const leaks = (await hbase.findLeaks()).filter(({ run }) => !known.has(run.runId));
      return leaks.map(({ run, notes }) => [run.runId, run.workflowId, ...notes.map(({ kind }) => kind)].join(' '));
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

/** What every migration of the default pair accepts: its source line has a bug without a fix. */
export const ACCEPTED = ['bug.HBASE-29987'];

/** Types of the activities that run now, of the run and of its table children, without their prefix. */
export async function listRunningSteps({ temporal }: Bench, workflowId: string): Promise<string[]> {
  const { raw } = await temporal.workflow.getHandle(workflowId).describe();
  const children = await Promise.all(
    (raw.pendingChildren ?? []).map(async ({ workflowId: id }) =>
      id ? (await temporal.workflow.getHandle(id).describe()).raw.pendingActivities : [],
    ),
  );
  return [...(raw.pendingActivities ?? []), ...children.flatMap((pending) => pending ?? [])].map(({ activityType }) =>
    (activityType?.name ?? '').replace('hbase.', ''),
  );
}

/** Creates the tables on the source and a writer that writes to all of them. */
export async function startTraffic(
  bench: Bench,
  specs: TableSpec[],
  options: { name: string; rate?: number },
): Promise<StartedWriter> {
  const { clusters, stateDir } = bench.sandbox;
  await loadTables(clusters.old, specs);
  return startWriter({
    stateDir,
    name: options.name,
    cluster: clusters.old,
    other: clusters.new,
    tables: specs.map(({ name, rows }) => ({ name, preloadedRows: rows ?? 0 })),
    rate: options.rate ?? 60,
  });
}

export interface Awaited {
  what: string;
  timeoutMs?: number;
}

/** Polls the status until it is as wanted. A failed run ends the wait with its failure. */
export async function waitForStatus(
  bench: Bench,
  workflowId: string,
  wanted: Awaited & { is: (status: MigrationStatus) => boolean },
): Promise<MigrationStatus> {
  let last: MigrationStatus | undefined;
  return waitUntil(
    async () => {
      last = await bench.hbase.readStatus(workflowId);
      return wanted.is(last) ? last : undefined;
    },
    {
      what: wanted.what,
      timeoutMs: wanted.timeoutMs ?? 180_000,
      pollMs: 100,
      describe: () => JSON.stringify(last, null, 1),
    },
  );
}

/** Waits for the gate and approves what it shows. */
export async function approveWhenReady(bench: Bench, workflowId: string): Promise<MigrationStatus> {
  const ready = await waitForStatus(bench, workflowId, {
    what: `${workflowId} at the gate`,
    is: ({ canCutOver }) => canCutOver,
  });
  await bench.hbase.approveCutover(workflowId, { by: 'test', digest: ready.evidenceDigest ?? '' });
  return ready;
}
