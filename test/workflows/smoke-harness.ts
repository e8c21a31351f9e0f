import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { WorkflowFailedError, type WorkflowHandle, type WorkflowStartOptions } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import type { MigrationReport, MigrationStatus } from '../../workflows/contract/status.ts';
import { defaultCacheDir } from '../../sandbox/folders.ts';
import { installTemporal } from '../../sandbox/temporal/install-temporal.ts';
import { describeRun } from '../support/describe-run.ts';
import { tell } from '../support/tell.ts';
import { waitUntil } from '../support/wait-until.ts';
import { IN_PROCESS } from './in-process.ts';
import type { StubSteps } from './stub-steps.ts';

/** The dev server polls its own queues 20 times a second by default, which makes every step wait. */
const extraArgs = ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'];

export type Handle = WorkflowHandle<(input: unknown) => Promise<MigrationReport>>;

export interface SmokeEnvironment {
  temporal: TestWorkflowEnvironment;
  bundledCode: string;
  /** A run that a failed test tells of. */
  start(type: string, options: WorkflowStartOptions): Promise<Handle>;
  /** Starts the workflow beside a worker of its own with these steps, and stops the worker when `use` has ended. */
  withMigration(stubs: StubSteps, use: (handle: Handle) => Promise<void>): Promise<void>;
  withWorkflow(stubs: StubSteps, start: WorkflowStart, use: (handle: Handle) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface WorkflowStart {
  type: string;
  args: unknown[];
  /** What is said to the workflow before any worker runs. */
  before?: (handle: Handle) => Promise<void>;
}

export interface EnvironmentOptions {
  /** `host:port` for Prometheus. */
  metricsAddress?: string;
}

export async function startSmokeEnvironment({ metricsAddress }: EnvironmentOptions = {}): Promise<SmokeEnvironment> {
  const logger = new DefaultLogger('ERROR');
  const metrics = metricsAddress === undefined ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } };
  Runtime.install({ logger, telemetryOptions: metrics });
  const workflowBundle = { code: readFileSync(inject('workflowBundle'), 'utf8') };
  const { path } = await installTemporal({ cacheDir: defaultCacheDir(), pinnedOnly: true });
  const temporal = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path }, extraArgs },
  });
  const start = async (type: string, options: WorkflowStartOptions): Promise<Handle> => {
    const handle = (await temporal.client.workflow.start(type, options)) as Handle;
    tell(() => describeRun(handle));
    return handle;
  };
  const withWorkflow: SmokeEnvironment['withWorkflow'] = async ({ activities }, { type, args, before }, use) => {
    const taskQueue = randomUUID();
    const connection = temporal.nativeConnection;
    const handle = await start(type, { taskQueue, workflowId: randomUUID(), args });
    await before?.(handle);
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities, ...IN_PROCESS });
    await worker.runUntil(() => use(handle));
    // Shows every test's history to be deterministic, without a second run.
    await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory());
  };
  const migrate = { type: 'migrateTables', args: [{}] };
  return {
    temporal,
    start,
    bundledCode: workflowBundle.code,
    withWorkflow,
    withMigration: (stubs, use) => withWorkflow(stubs, migrate, use),
    stop: () => temporal.teardown(),
  };
}

export function readStatus(handle: Handle): Promise<MigrationStatus> {
  return handle.query<MigrationStatus>('status');
}

export async function until(handle: Handle, isSo: (status: MigrationStatus) => boolean): Promise<MigrationStatus> {
  let status = await readStatus(handle);
  await waitUntil('the status is as wanted', async () => isSo((status = await readStatus(handle))), 30_000);
  return status;
}

export async function approve(handle: Handle, by = 'ann'): Promise<void> {
  const { evidenceDigest } = await until(handle, ({ canCutOver }) => canCutOver);
  await handle.executeUpdate('approveCutover', { args: [{ by, digest: evidenceDigest }] });
}

export async function readFailure(handle: Handle): Promise<ApplicationFailure> {
  const error = await readError(handle);
  if (error instanceof WorkflowFailedError) return error.cause as ApplicationFailure;
  throw new Error(`The workflow did not fail: ${String(error)}`);
}

export async function readError(handle: Handle): Promise<unknown> {
  return handle.result().then(
    () => undefined,
    (error: unknown) => error,
  );
}
