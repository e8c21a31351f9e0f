import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { coresdk } from '@temporalio/proto';
import type { ModelClock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { ActivityTask, Resolution, Schedule } from './activity-tasks.ts';
import type { Execution, Outcome } from './execution.ts';
import { cancelledProto, fromPayload, toPayload, wrapChildFailure, type Command, type Job } from './payloads.ts';

/** What a run's commands set going, as the server does. */
export interface CommandWorld {
  clock: ModelClock;
  random: Random;
  push(execution: Execution, job: Job): void;
  /** undefined when a run of this id is open. */
  begin(workflowType: string, start: StartRequest): Execution | undefined;
  /** Ends the run and begins it again before a message of this name came. */
  reset(execution: Execution, before: string): void;
  find(workflowId: string): Execution | undefined;
  /** Some worker polls. */
  isServed(): boolean;
  startActivity(execution: Execution, schedule: Schedule, onResolved: (resolution: Resolution) => void): ActivityTask;
  closeRun(execution: Execution, outcome: Outcome): void;
}

export interface StartRequest {
  workflowId: string;
  input: unknown;
  parent: Execution['parent'];
}

export function carryOut(world: CommandWorld, execution: Execution, command: Command): void {
  const handled = carryOutWait(world, execution, command) || carryOutChild(world, execution, command);
  if (!handled) carryOutEnd(world, execution, command);
}

function carryOutWait(world: CommandWorld, execution: Execution, command: Command): boolean {
  const { startTimer, cancelTimer, scheduleActivity, requestCancelActivity } = command;
  if (startTimer) startTimerOf(world, execution, startTimer);
  else if (cancelTimer) {
    execution.timers.get(cancelTimer.seq!)?.();
    execution.timers.delete(cancelTimer.seq!);
  } else if (scheduleActivity) {
    const seq = scheduleActivity.seq!;
    const resolve = (result: Resolution): void => world.push(execution, { resolveActivity: { seq, result } });
    execution.activities.set(seq, world.startActivity(execution, scheduleActivity, resolve));
  } else if (requestCancelActivity) execution.activities.get(requestCancelActivity.seq!)?.requestCancel();
  else if (command.signalExternalWorkflowExecution)
    signalOther(world, execution, command.signalExternalWorkflowExecution);
  else return false;
  return true;
}

function signalOther(
  world: CommandWorld,
  execution: Execution,
  { seq, workflowExecution, childWorkflowId, signalName, args }: ISignalExternal,
): void {
  world.clock.after(world.random.between(1, 10), () => {
    const other = world.find(workflowExecution?.workflowId || childWorkflowId || '');
    const isOpen = other !== undefined && other.outcome === undefined;
    if (isOpen) world.push(other, { signalWorkflow: { signalName: signalName!, input: args ?? [], identity: '' } });
    const failure = isOpen ? {} : { failure: { message: 'not found', source: 'Server' } };
    world.push(execution, { resolveSignalExternalWorkflow: { seq: seq!, ...failure } });
  });
}

type ISignalExternal = coresdk.workflow_commands.ISignalExternalWorkflowExecution;

function startTimerOf(
  world: CommandWorld,
  execution: Execution,
  { seq, startToFireTimeout }: coresdk.workflow_commands.IStartTimer,
): void {
  const cancel = world.clock.after(optionalTsToMs(startToFireTimeout) ?? 0, () => {
    execution.timers.delete(seq!);
    world.push(execution, { fireTimer: { seq: seq! } });
  });
  execution.timers.set(seq!, cancel);
}

const ALREADY_EXISTS = 1;

function carryOutChild(world: CommandWorld, execution: Execution, command: Command): boolean {
  const { startChildWorkflowExecution, cancelChildWorkflowExecution } = command;
  if (startChildWorkflowExecution) startChild(world, execution, startChildWorkflowExecution);
  else if (cancelChildWorkflowExecution) {
    const seq = cancelChildWorkflowExecution.childWorkflowSeq!;
    const child = execution.children.get(seq);
    if (child) world.push(child, { cancelWorkflow: { reason: 'parent requested' } });
  } else return false;
  return true;
}

function startChild(
  world: CommandWorld,
  execution: Execution,
  start: coresdk.workflow_commands.IStartChildWorkflowExecution,
): void {
  const seq = start.seq!;
  const workflowId = start.workflowId!;
  const workflowType = start.workflowType!;
  world.clock.after(world.random.between(1, 10), () => {
    if (execution.outcome) return;
    const input = fromPayload<unknown>(start.input?.[0]);
    const child = world.begin(workflowType, { workflowId, input, parent: { execution, seq } });
    if (!child) {
      const failed = { workflowId, workflowType, cause: ALREADY_EXISTS };
      return world.push(execution, { resolveChildWorkflowExecutionStart: { seq, failed } });
    }
    child.parentClosePolicy = start.parentClosePolicy || child.parentClosePolicy;
    execution.children.set(seq, child);
    world.push(execution, { resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: child.runId } } });
    child.onClosed.push((outcome) => world.push(execution, toChildResolution(child, seq, outcome)));
  });
}

function toChildResolution(child: Execution, seq: number, outcome: Outcome): Job {
  if (outcome.kind === 'completed') {
    const result = { completed: { result: toPayload(outcome.result) } };
    return { resolveChildWorkflowExecution: { seq, result } };
  }
  if (outcome.kind === 'cancelled') {
    const result = { cancelled: { failure: wrapChildFailure(cancelledProto(), child) } };
    return { resolveChildWorkflowExecution: { seq, result } };
  }
  const cause = outcome.kind === 'failed' ? outcome.failure : { message: 'terminated', terminatedFailureInfo: {} };
  return { resolveChildWorkflowExecution: { seq, result: { failed: { failure: wrapChildFailure(cause, child) } } } };
}

function carryOutEnd(world: CommandWorld, execution: Execution, command: Command): void {
  const { completeWorkflowExecution, failWorkflowExecution, cancelWorkflowExecution, updateResponse } = command;
  if (completeWorkflowExecution) {
    const result = fromPayload<unknown>(completeWorkflowExecution.result);
    world.closeRun(execution, { kind: 'completed', result });
  } else if (failWorkflowExecution) {
    world.closeRun(execution, { kind: 'failed', failure: failWorkflowExecution.failure! });
  } else if (cancelWorkflowExecution) world.closeRun(execution, { kind: 'cancelled' });
  else if (updateResponse) answerUpdate(execution, updateResponse);
  else if (!IGNORED.some((kind) => command[kind])) throw new Error(`unknown command ${JSON.stringify(command)}`);
}

/** Bookkeeping that no other part of the simulation reads. */
const IGNORED = ['setPatchMarker', 'modifyWorkflowProperties', 'upsertWorkflowSearchAttributes'] as const;

function answerUpdate(execution: Execution, response: coresdk.workflow_commands.IUpdateResponse): void {
  const id = response.protocolInstanceId!;
  const sink = execution.updates.get(id);
  if (response.accepted) return;
  execution.updates.delete(id);
  if (response.rejected) sink?.refused(response.rejected);
  else sink?.completed(fromPayload<unknown>(response.completed));
}
