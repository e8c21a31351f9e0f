import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import type { ActivityTask } from './activity-tasks.ts';
import { toTimestamp, type Command, type FailureProto, type Job } from './payloads.ts';
import type { WorkflowSandbox } from './sandbox.ts';

/** One run of a workflow as the server keeps it, and how its tasks are carried out. */
export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly startedMs: number;
  readonly seed: number;
  readonly parent: { execution: Execution; seq: number } | undefined;
  /** In a worker's cache; undefined after the worker is gone, and then replayed. */
  cached: Workflow | undefined;
  /** Every task so far: what a replay goes through. */
  readonly history: PastTask[];
  pending: Job[];
  taskScheduled: boolean;
  outcome: Outcome | undefined;
  /** By somebody, in the Web UI: no task of it is carried out, and no attempt begins, until it goes on. */
  paused: boolean;
  readonly activities: Map<number, ActivityTask>;
  readonly timers: Map<number, () => void>;
  readonly children: Map<number, Execution>;
  readonly updates: Map<string, UpdateSink>;
  /** Each has an id of its own, whoever sends it. */
  updatesSent: number;
  /** `PARENT_CLOSE_POLICY_TERMINATE` 1, `_ABANDON` 2, `_REQUEST_CANCEL` 3. */
  parentClosePolicy: number;
  readonly onClosed: ((outcome: Outcome) => void)[];
}

export type Outcome =
  | { kind: 'completed'; result: unknown }
  | { kind: 'failed'; failure: FailureProto }
  | { kind: 'cancelled' }
  | { kind: 'terminated' };

export interface UpdateSink {
  completed(result: unknown): void;
  refused(failure: FailureProto): void;
}

export interface PastTask {
  atMs: number;
  jobs: Job[];
  commands: string;
  /** What it set going. */
  scheduled: Command[];
  /** Ids of the patch markers that this task left: a replay is told of them beforehand. */
  patches: string[];
  flags: number[];
}

/** Runs one task: loads the workflow (replaying what was), activates it, and answers its commands. */
export async function runTask(sandbox: WorkflowSandbox, execution: Execution, nowMs: number): Promise<Command[]> {
  const jobs = execution.pending;
  execution.pending = [];
  const workflow = execution.cached ?? (await replay(sandbox, execution));
  execution.cached = workflow;
  const task = await activate(workflow, execution, { jobs, atMs: nowMs, isReplaying: false, flags: [] });
  remember(execution, { atMs: nowMs, jobs, ...task });
  return task.commands;
}

/** An update that was rejected leaves nothing in history, nor does a task that had nothing else. */
function remember(
  execution: Execution,
  task: { atMs: number; jobs: Job[]; commands: Command[]; flags: number[] },
): void {
  const rejected = new Set(
    task.commands.flatMap(({ updateResponse }) =>
      updateResponse?.rejected ? [updateResponse.protocolInstanceId] : [],
    ),
  );
  const jobs = task.jobs.filter(({ doUpdate }) => !doUpdate || !rejected.has(doUpdate.protocolInstanceId));
  const patches = task.commands.flatMap(({ setPatchMarker }) => setPatchMarker?.patchId ?? []);
  if (jobs.length > 0)
    execution.history.push({ ...task, jobs, patches, scheduled: task.commands, commands: digest(task.commands) });
}

/** Loads the workflow when no worker has it. */
export async function runQuery(sandbox: WorkflowSandbox, execution: Execution, query: Job): Promise<Command[]> {
  const workflow = execution.cached ?? (await replay(sandbox, execution));
  execution.cached = workflow;
  // `variant` is what the generated message class computes.
  const activation = { runId: execution.runId, jobs: [Object.assign({ variant: 'queryWorkflow' }, query)] };
  const completion = await workflow.activate(activation);
  if (completion.failed) throw new Error(`query of ${execution.workflowId}: ${completion.failed.failure?.message}`);
  return completion.successful?.commands ?? [];
}

/** A fresh instance led through every task again must give the same commands (non-determinism otherwise). */
async function replay(sandbox: WorkflowSandbox, execution: Execution): Promise<Workflow> {
  const { workflowId, runId, workflowType, startedMs, seed, parent } = execution;
  const parentInfo = parent && { workflowId: parent.execution.workflowId, runId: parent.execution.runId };
  const workflow = await sandbox.load({ workflowId, runId, workflowType, startedMs, seed, parent: parentInfo });
  for (const [at, past] of execution.history.entries()) {
    const jobs = [...past.patches.map(toPatchJob), ...past.jobs.map(withoutValidator)];
    const { commands } = await activate(workflow, execution, { ...past, jobs, isReplaying: true });
    if (digest(commands) === past.commands) continue;
    throw new Error(
      `${workflowId} is not deterministic: task ${at} gave\n${past.commands}\nand in the replay\n${digest(commands)}`,
    );
  }
  return workflow;
}

function toPatchJob(patchId: string): Job {
  return { notifyHasPatch: { patchId } };
}

function withoutValidator(job: Job): Job {
  return job.doUpdate ? { doUpdate: { ...job.doUpdate, runValidator: false } } : job;
}

interface Activation {
  jobs: Job[];
  atMs: number;
  isReplaying: boolean;
  flags: number[];
}

async function activate(workflow: Workflow, execution: Execution, { jobs, atMs, isReplaying, flags }: Activation) {
  const completion = await workflow.activate({
    runId: execution.runId,
    timestamp: toTimestamp(atMs),
    isReplaying,
    historyLength: 3 + execution.history.length * 4,
    availableInternalFlags: flags,
    jobs: jobs.toSorted((a, b) => rank(a) - rank(b)),
  });
  if (completion.failed) {
    const { message, stackTrace } = completion.failed.failure ?? {};
    throw new Error(`workflow task of ${execution.workflowId} failed: ${message}\n${stackTrace}`);
  }
  const commands = completion.successful?.commands ?? [];
  return { commands, flags: completion.successful?.usedInternalFlags ?? [] };
}

/** The order in which Core puts jobs: the start, patches, messages, then everything else. */
function rank(job: Job): number {
  if (job.initializeWorkflow) return 0;
  if (job.notifyHasPatch) return 1;
  return job.signalWorkflow || job.doUpdate ? 2 : 3;
}

/** What a replay must repeat: kinds, sequence numbers and names; not payloads, as the server compares them. */
function digest(commands: Command[]): string {
  return commands
    .filter((command) => !command.updateResponse)
    .map(describe)
    .join('\n');
}

function describe(command: Command): string {
  const [kind, body] = Object.entries(command).find(([, value]) => value !== undefined && value !== null) ?? [
    'none',
    {},
  ];
  const { seq, activityType, workflowId, patchId } = (body ?? {}) as Record<string, string | number | undefined>;
  return [kind, seq, activityType, workflowId, patchId].filter((part) => part !== undefined).join(' ');
}
