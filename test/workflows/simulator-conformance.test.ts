import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { defaultCacheDir } from '../../sandbox/folders.ts';
import { installTemporal } from '../../sandbox/temporal/install-temporal.ts';
import { STORIES, type Engine, type EngineWorker, type RunStep, type StoryRun } from '../model/temporal/stories.ts';
import { waitUntil } from '../support/wait-until.ts';
import { IN_PROCESS } from './in-process.ts';

/** The simulator of `test/model/temporal` is its own idea of Temporal: here a server tells the same stories. */

const STEP_TYPES = ['echo', 'fail', 'hang'];
const RESET = { name: 'workflow task completed', type: 7 };
const SIGNALED = 'workflowExecutionSignaledEventAttributes';
const logger = new DefaultLogger('ERROR');
let temporal: TestWorkflowEnvironment;
let workflowBundle: { code: string };

beforeAll(async () => {
  Runtime.install({ logger });
  const workflowsPath = fileURLToPath(new URL('../model/temporal/fixture-workflows.ts', import.meta.url));
  const cacheDir = defaultCacheDir();
  const [bundle, { path }] = await Promise.all([
    bundleWorkflowCode({ workflowsPath, logger }),
    installTemporal({ cacheDir, pinnedOnly: true }),
  ]);
  workflowBundle = bundle;
  const extraArgs = ['history.transferProcessorMaxPollRPS=2000', 'frontend.WorkflowPauseEnabled=true'];
  temporal = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      extraArgs: extraArgs.flatMap((value) => ['--dynamic-config-value', value]),
    },
  });
});
afterAll(() => temporal.teardown());

describe('a real server', () => {
  it.concurrent.each(STORIES)('$title', async ({ tell }) => {
    const { engine, stop } = createEngine();
    try {
      await tell(engine);
    } finally {
      await stop();
    }
  });
});

function createEngine(): { engine: Engine; stop: () => Promise<void> } {
  const taskQueue = randomUUID();
  const attempts: string[] = [];
  const workers: EngineWorker[] = [];
  const { workflow } = temporal.client;
  const engine: Engine = {
    attempts,
    end: (promise) => promise,
    until: (isSo) => waitUntil('it is as the story wants it', async () => isSo(), 30_000),
    start: async (type, { workflowId, input }) =>
      toRun(await workflow.start(type, { taskQueue, workflowId, args: input === undefined ? [] : [input] })),
    run: (workflowId) => toRun(workflow.getHandle(workflowId)),
    startWorker: async (run, slots = 100) => {
      const activities = Object.fromEntries(STEP_TYPES.map((type) => [type, toActivity({ type, run, attempts })]));
      const worker = await startWorker({ taskQueue, activities, slots });
      workers.push(worker);
      return worker;
    },
  };
  return { engine, stop: async () => void (await Promise.all(workers.map((worker) => worker.kill()))) };
}

interface WorkerNeeds {
  taskQueue: string;
  activities: Record<string, (input: unknown) => Promise<unknown>>;
  slots: number;
}

/** What hangs when it is killed says nothing more: the worker does not wait for it. */
async function startWorker({ taskQueue, activities, slots }: WorkerNeeds): Promise<EngineWorker> {
  const worker = await Worker.create({
    connection: temporal.nativeConnection,
    taskQueue,
    workflowBundle,
    activities,
    maxConcurrentActivityTaskExecutions: slots,
    shutdownForceTime: '200 milliseconds',
    ...IN_PROCESS,
  });
  const ended = worker.run().catch((error: unknown) => error);
  return {
    kill: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

function toActivity({ type, run, attempts }: { type: string; run: RunStep; attempts: string[] }) {
  return (input: unknown): Promise<unknown> => {
    const context = Context.current();
    const { attempt } = context.info;
    attempts.push(`${type} ${attempt}`);
    const hang = async (): Promise<never> => {
      for (;;) {
        context.heartbeat();
        await context.sleep(300);
      }
    };
    return run(type, input, { attempt, hang });
  };
}

function toRun(handle: WorkflowHandle): StoryRun {
  const { namespace } = temporal.client.options;
  const target = { namespace, workflowId: handle.workflowId, identity: 'story' };
  const { workflowService } = temporal.client;
  return {
    result: () => handle.result(),
    signal: (name, body) => handle.signal(name, ...(body === undefined ? [] : [body])),
    update: (name, body) => handle.executeUpdate(name, { args: [body] }),
    query: (name) => handle.query(name),
    cancel: async () => void (await handle.cancel()),
    terminate: async () => void (await handle.terminate()),
    pause: async () => void (await workflowService.pauseWorkflowExecution({ ...target, requestId: randomUUID() })),
    unpause: async () => void (await workflowService.unpauseWorkflowExecution({ ...target, requestId: randomUUID() })),
    reset: (before) => reset(handle, before),
    isOpen: async () => ['RUNNING', 'PAUSED'].includes((await handle.describe()).status.name),
  };
}

/** To the workflow task that brought the signal. */
async function reset(handle: WorkflowHandle, before: string): Promise<StoryRun> {
  const { events } = await handle.fetchHistory();
  const signalAt = (events ?? []).findIndex((event) => event[SIGNALED]?.signalName === before);
  const task = (events ?? []).find(({ eventType }, at) => at > signalAt && eventType === RESET.type);
  await temporal.client.workflowService.resetWorkflowExecution({
    namespace: temporal.client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    reason: `before ${before}`,
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: randomUUID(),
  });
  return toRun(temporal.client.workflow.getHandle(handle.workflowId));
}
