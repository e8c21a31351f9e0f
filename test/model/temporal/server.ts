import type { SimWorker } from './worker.ts';
import type { ModelClock } from '../clock.ts';
import type { Random } from '../random.ts';
import { startActivityTask } from './activity-tasks.ts';
import { carryOut, type CommandWorld } from './commands.ts';
import { findMessage, takeOver } from './reset.ts';
import { runQuery, runTask, type Execution, type Outcome } from './execution.ts';
import { fromPayload, toError, toPayload, toTimestamp, type FailureProto, type Job } from './payloads.ts';
import type { WorkflowSandbox } from './sandbox.ts';

export interface SimulatorOptions {
  clock: ModelClock;
  random: Random;
  sandbox: WorkflowSandbox;
  onAttempt?: (activityType: string, attempt: number) => void;
  onActivityFailure?: (activityType: string, failure: FailureProto) => void;
}

/**
 * A Temporal server and its workers in one process, on the model's clock. Workflows run in the SDK's own sandbox;
 * activities are tried again by their policies; a killed worker's workflows are replayed on the next one.
 */
export interface TemporalSimulator {
  startWorker(run: SimWorker['run'], slots?: number): SimWorker;
  /** kill -9: its activities freeze where they stand, its cached workflows are gone. */
  killWorker(worker: SimWorker): void;
  start(workflowType: string, start: { workflowId: string; input?: unknown }): SimHandle;
  handle(workflowId: string): SimHandle;
  /** Ids of runs that are open. */
  open(): string[];
}

export interface SimHandle {
  readonly workflowId: string;
  /** Rejects with the failure of the run. */
  result(): Promise<unknown>;
  outcome(): Outcome | undefined;
  signal(name: string, body?: unknown): void;
  update(name: string, body?: unknown): Promise<unknown>;
  query<T>(name: string): Promise<T>;
  cancel(): void;
  terminate(): void;
  pause(): void;
  unpause(): void;
  /** Back to before a message of this name came; messages are delivered again. The handle of the new run. */
  reset(before: string): SimHandle;
}

export function createTemporalSimulator(options: SimulatorOptions): TemporalSimulator {
  const { clock, random } = options;
  const workers: SimWorker[] = [];
  const executions = new Map<string, Execution>();
  let runs = 0;
  const findWorker = (): SimWorker | undefined => workers.find((worker) => worker.alive && worker.connected);

  const push = (execution: Execution, job: Job): void => {
    if (execution.outcome) return;
    execution.pending.push(job);
    scheduleTask(execution);
  };
  const scheduleTask = (execution: Execution): void => {
    if (execution.taskScheduled) return;
    execution.taskScheduled = true;
    clock.after(random.between(1, 8), () => processTask(execution));
  };
  const processTask = async (execution: Execution): Promise<void> => {
    execution.taskScheduled = false;
    if (execution.outcome || execution.pending.length === 0) return;
    if (!findWorker() || execution.paused) {
      execution.taskScheduled = true;
      clock.after(random.between(50, 200), () => processTask(execution));
      return;
    }
    const commands = await runTask(options.sandbox, execution, clock.nowMs());
    for (const command of commands) carryOut(world, execution, command);
  };
  const create = (identity: Omit<Identity, 'runId' | 'nowMs' | 'seed'>): Execution => {
    runs += 1;
    const seed = random.between(1, 2 ** 30);
    const execution = createExecution({ ...identity, runId: `run-${runs}`, nowMs: clock.nowMs(), seed });
    executions.set(identity.workflowId, execution);
    return execution;
  };
  const begin: CommandWorld['begin'] = (workflowType, { workflowId, input, parent }) => {
    const running = executions.get(workflowId);
    if (running && !running.outcome) return undefined;
    const execution = create({ workflowId, workflowType, parent });
    push(execution, toInitialJob(execution, input));
    return execution;
  };
  const reset: CommandWorld['reset'] = (from, before) => {
    const at = findMessage(from, before);
    if (at < 0) throw new Error(`no ${before} came to ${from.workflowId}`);
    closeRun(world, from, { kind: 'terminated' });
    const { workflowId, workflowType, parent } = from;
    takeOver(world, { from, to: create({ workflowId, workflowType, parent }), at });
  };
  const world: CommandWorld = {
    clock,
    random,
    push,
    begin,
    reset,
    find: (workflowId) => executions.get(workflowId),
    isServed: () => findWorker() !== undefined,
    startActivity: (execution, schedule, onResolved) =>
      startActivityTask({
        clock,
        random,
        schedule,
        findWorker,
        isRunOpen: () => execution.outcome === undefined,
        isPaused: () => execution.paused,
        hasEnded: (workflowId) => {
          const asked = executions.get(workflowId);
          return asked && asked.outcome !== undefined;
        },
        onResolved,
        onAttempt: options.onAttempt,
        onFailure: options.onActivityFailure,
      }),
    closeRun: (execution, outcome) => closeRun(world, execution, outcome),
  };
  const toHandle = (workflowId: string): SimHandle => createHandle({ world, workflowId, sandbox: options.sandbox });
  return {
    startWorker: (run, slots = DEFAULT_SLOTS) => {
      const worker: SimWorker = { id: workers.length + 1, alive: true, connected: true, slots, running: 0, run };
      workers.push(worker);
      return worker;
    },
    killWorker: (worker) => {
      worker.alive = false;
      for (const execution of executions.values()) evict(execution);
    },
    start: (workflowType, { workflowId, input }) => {
      if (!begin(workflowType, { workflowId, input, parent: undefined })) throw new Error(`${workflowId} is running`);
      return toHandle(workflowId);
    },
    handle: toHandle,
    open: () => [...executions.values()].filter(({ outcome }) => !outcome).map(({ workflowId }) => workflowId),
  };
}

function evict(execution: Execution): void {
  void execution.cached?.dispose();
  execution.cached = undefined;
}

interface Identity {
  workflowId: string;
  runId: string;
  workflowType: string;
  parent: Execution['parent'];
  nowMs: number;
  seed: number;
}

function createExecution({ nowMs, ...identity }: Identity): Execution {
  return {
    ...identity,
    startedMs: nowMs,
    cached: undefined,
    history: [],
    pending: [],
    taskScheduled: false,
    outcome: undefined,
    paused: false,
    activities: new Map(),
    timers: new Map(),
    children: new Map(),
    updates: new Map(),
    updatesSent: 0,
    parentClosePolicy: TERMINATE,
    onClosed: [],
  };
}

function toInitialJob({ workflowId, workflowType, runId, startedMs, seed, parent }: Execution, input: unknown): Job {
  const parentInfo = parent && {
    workflowId: parent.execution.workflowId,
    runId: parent.execution.runId,
    namespace: 'default',
  };
  return {
    initializeWorkflow: {
      workflowId,
      workflowType,
      arguments: input === undefined ? [] : [toPayload(input)],
      randomnessSeed: toTimestamp(seed * 1_000).seconds,
      headers: {},
      firstExecutionRunId: runId,
      attempt: 1,
      startTime: toTimestamp(startedMs),
      ...(parentInfo ? { parentWorkflowInfo: parentInfo } : {}),
    },
  };
}

/** The SDK's own default. */
const DEFAULT_SLOTS = 100;
const TERMINATE = 1;
const REQUEST_CANCEL = 3;

function closeRun(world: CommandWorld, execution: Execution, outcome: Outcome): void {
  if (execution.outcome) return;
  execution.outcome = outcome;
  for (const cancel of execution.timers.values()) cancel();
  for (const child of execution.children.values()) {
    if (child.outcome) continue;
    if (child.parentClosePolicy === TERMINATE) closeRun(world, child, { kind: 'terminated' });
    if (child.parentClosePolicy === REQUEST_CANCEL) world.push(child, { cancelWorkflow: { reason: 'parent closed' } });
  }
  const gone: FailureProto = {
    message: 'the run ended',
    applicationFailureInfo: { type: 'AcceptedUpdateCompletedWorkflow' },
  };
  for (const sink of execution.updates.values()) sink.refused(gone);
  for (const tell of execution.onClosed) tell(outcome);
  // The instance may still be on the stack of the task that closes it.
  world.clock.after(0, () => evict(execution));
}

interface HandleOptions {
  world: CommandWorld;
  workflowId: string;
  sandbox: WorkflowSandbox;
}

function createHandle({ world, workflowId, sandbox }: HandleOptions): SimHandle {
  const require = (): Execution => {
    const found = world.find(workflowId);
    if (!found) throw new Error(`no workflow ${workflowId}`);
    return found;
  };
  const execution = require();
  return {
    workflowId,
    outcome: () => execution.outcome,
    result: () =>
      new Promise((resolve, reject) => {
        const tell = (outcome: Outcome): void => {
          if (outcome.kind === 'completed') resolve(outcome.result);
          else reject(outcome.kind === 'failed' ? toError(outcome.failure) : new Error(`workflow ${outcome.kind}`));
        };
        if (execution.outcome) tell(execution.outcome);
        else execution.onClosed.push(tell);
      }),
    signal: (name, body) =>
      world.push(execution, {
        signalWorkflow: {
          signalName: name,
          input: body === undefined ? [] : [toPayload(body)],
          identity: 'test',
          headers: {},
        },
      }),
    update: (name, body) =>
      new Promise((resolve, reject) => {
        if (execution.outcome) return reject(new Error(`workflow ${workflowId} has ended`));
        execution.updatesSent += 1;
        const id = `update-${execution.updatesSent}`;
        execution.updates.set(id, { completed: resolve, refused: (failure) => reject(toError(failure)) });
        const input = body === undefined ? [] : [toPayload(body)];
        const meta = { updateId: id, identity: 'test' };
        world.push(execution, {
          doUpdate: { id, protocolInstanceId: id, name, input, headers: {}, meta, runValidator: true },
        });
      }),
    query: async (name) => {
      if (!world.isServed() || execution.history.length === 0) throw new Error(`nobody answers for ${workflowId}`);
      const job: Job = { queryWorkflow: { queryId: 'q', queryType: name, arguments: [], headers: {} } };
      const [command] = await runQuery(sandbox, execution, job);
      const answer = command?.respondToQuery;
      if (answer?.failed) throw toError(answer.failed);
      return fromPayload(answer?.succeeded?.response);
    },
    cancel: () => world.push(execution, { cancelWorkflow: { reason: 'requested' } }),
    terminate: () => closeRun(world, execution, { kind: 'terminated' }),
    pause: () => {
      execution.paused = true;
    },
    unpause: () => {
      execution.paused = false;
    },
    reset: (before) => {
      world.reset(execution, before);
      return createHandle({ world, workflowId, sandbox });
    },
  };
}
