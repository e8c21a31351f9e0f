import { CancelledFailure } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { coresdk } from '@temporalio/proto';
import type { ModelClock } from '../clock.ts';
import type { Random } from '../random.ts';
import {
  cancelledProto,
  fromPayload,
  RETRY_STATE,
  timeoutProto,
  toFailureProto,
  toPayload,
  wrapActivityFailure,
  type FailureProto,
  type RetryState,
} from './payloads.ts';
import { createAttempt, type Attempt, type SimWorker } from './worker.ts';

/** The server's half of activities: schedules attempts, notices silence, tries again by the policy. */

export type Schedule = coresdk.workflow_commands.IScheduleActivity;
export type Resolution = coresdk.activity_result.IActivityResolution;

export interface ActivityTaskOptions {
  clock: ModelClock;
  random: Random;
  schedule: Schedule;
  /** A worker that polls now. */
  findWorker: () => SimWorker | undefined;
  isRunOpen: () => boolean;
  isPaused: () => boolean;
  /** undefined: there was never such a workflow. */
  hasEnded: (workflowId: string) => boolean | undefined;
  onResolved: (resolution: Resolution) => void;
  onAttempt?: ((activityType: string, attempt: number) => void) | undefined;
  onFailure?: ((activityType: string, failure: FailureProto) => void) | undefined;
}

export interface ActivityTask {
  requestCancel(): void;
  /** The newest heartbeat, for a status that joins it. */
  readonly type: string;
}

interface State {
  attempts: number;
  current: Attempt | undefined;
  lastHeartbeatMs: number;
  cancelRequested: boolean;
  resolved: boolean;
  /** Ended for the server too: no attempt follows. */
  closed: boolean;
  scheduledMs: number;
}

const TRY_CANCEL = 0;
const ABANDON = 2;

export function startActivityTask(options: ActivityTaskOptions): ActivityTask {
  const { clock, schedule } = options;
  const state: State = {
    attempts: 0,
    current: undefined,
    lastHeartbeatMs: 0,
    cancelRequested: false,
    resolved: false,
    closed: false,
    scheduledMs: clock.nowMs(),
  };
  const task: Task = { ...options, state, limits: readLimits(schedule) };
  clock.after(options.random.between(1, 10), () => startAttempt(task));
  return { type: schedule.activityType ?? '', requestCancel: () => requestCancel(task) };
}

interface Task extends ActivityTaskOptions {
  state: State;
  limits: ReturnType<typeof readLimits>;
}

function readLimits(schedule: Schedule) {
  const { retryPolicy } = schedule;
  const initialMs = optionalTsToMs(retryPolicy?.initialInterval) ?? 1_000;
  return {
    startToCloseMs: optionalTsToMs(schedule.startToCloseTimeout),
    scheduleToCloseMs: optionalTsToMs(schedule.scheduleToCloseTimeout) || undefined,
    heartbeatMs: optionalTsToMs(schedule.heartbeatTimeout) || undefined,
    initialMs,
    coefficient: retryPolicy?.backoffCoefficient ?? 2,
    maximumMs: optionalTsToMs(retryPolicy?.maximumInterval) || initialMs * 100,
    maximumAttempts: retryPolicy?.maximumAttempts ?? 0,
    nonRetryableTypes: retryPolicy?.nonRetryableErrorTypes ?? [],
  };
}

function startAttempt(task: Task): void {
  const { state, clock, random, schedule, limits } = task;
  if (state.closed) return;
  if (!task.isRunOpen()) return close(task);
  const worker = task.findWorker();
  if (!worker || worker.running >= worker.slots || task.isPaused()) {
    clock.after(random.between(50, 200), () => startAttempt(task));
    return;
  }
  worker.running += 1;
  state.attempts += 1;
  state.lastHeartbeatMs = clock.nowMs();
  task.onAttempt?.(schedule.activityType ?? '', state.attempts);
  const attempt: Attempt = createAttempt({
    clock,
    worker,
    number: state.attempts,
    heartbeatTimeoutMs: limits.heartbeatMs,
    hasEnded: task.hasEnded,
    onHeartbeat: () => answerHeartbeat(task, attempt),
  });
  state.current = attempt;
  watchAttempt(task, attempt);
  const input = fromPayload<unknown>(schedule.arguments?.[0]);
  const run = worker.run(schedule.activityType ?? '', input, attempt.ctx);
  // Also one that the server has given up on holds its slot until it returns.
  void run.finally(() => (worker.running -= 1)).catch(() => undefined);
  run.then(
    (result) => report(task, attempt, () => succeed(task, result)),
    (error: unknown) => report(task, attempt, () => fail(task, error)),
  );
}

function answerHeartbeat(task: Task, attempt: Attempt) {
  const { state } = task;
  if (state.current !== attempt || state.closed || !task.isRunOpen()) return 'interrupted';
  state.lastHeartbeatMs = task.clock.nowMs();
  return state.cancelRequested && task.schedule.cancellationType !== ABANDON ? 'requested' : undefined;
}

/** What a worker says arrives a little later, or never. */
function report(task: Task, attempt: Attempt, deliver: () => void): void {
  const { worker } = attempt;
  if (!worker.alive) return;
  attempt.end();
  if (!worker.connected || task.random.chance(0.002)) return;
  task.clock.after(task.random.between(1, 6), () => {
    if (task.state.current === attempt && !task.state.closed) deliver();
  });
}

function watchAttempt(task: Task, attempt: Attempt): void {
  const { clock, state, limits } = task;
  const isCurrent = (): boolean => state.current === attempt && !state.closed;
  if (limits.startToCloseMs !== undefined) {
    clock.after(limits.startToCloseMs, () => {
      if (isCurrent()) timeOut(task, attempt, 1);
    });
  }
  const watchHeartbeat = (): void => {
    const restMs = state.lastHeartbeatMs + limits.heartbeatMs! - clock.nowMs();
    clock.after(Math.max(restMs, 1), () => {
      if (!isCurrent()) return;
      if (clock.nowMs() - state.lastHeartbeatMs >= limits.heartbeatMs!) timeOut(task, attempt, 4);
      else watchHeartbeat();
    });
  };
  if (limits.heartbeatMs !== undefined) watchHeartbeat();
}

function timeOut(task: Task, attempt: Attempt, type: 1 | 4): void {
  attempt.abort('interrupted');
  tryAgain(task, timeoutProto(type));
}

function succeed(task: Task, result: unknown): void {
  close(task);
  resolve(task, { completed: { result: toPayload(result) } });
}

function fail(task: Task, error: unknown): void {
  const { state, limits } = task;
  if (error instanceof CancelledFailure && state.cancelRequested) {
    close(task);
    return resolve(task, { cancelled: { failure: wrap(task, cancelledProto(), RETRY_STATE.none) } });
  }
  const failure = toFailureProto(error);
  task.onFailure?.(task.schedule.activityType ?? '', failure);
  const info = failure.applicationFailureInfo;
  const isFinal = info?.nonRetryable === true || limits.nonRetryableTypes.includes(info?.type ?? '');
  if (isFinal) giveUp(task, failure, RETRY_STATE.final);
  else tryAgain(task, failure);
}

function tryAgain(task: Task, failure: FailureProto): void {
  const { state, limits, clock } = task;
  const isLast = limits.maximumAttempts > 0 && state.attempts >= limits.maximumAttempts;
  if (state.cancelRequested) return giveUp(task, failure, RETRY_STATE.cancelRequested);
  if (isLast) return giveUp(task, failure, RETRY_STATE.outOfAttempts);
  const backOffMs = Math.min(limits.initialMs * limits.coefficient ** (state.attempts - 1), limits.maximumMs);
  const deadlineMs = state.scheduledMs + (limits.scheduleToCloseMs ?? Infinity);
  if (clock.nowMs() + backOffMs >= deadlineMs) return giveUp(task, failure, RETRY_STATE.outOfTime);
  state.current = undefined;
  clock.after(backOffMs, () => startAttempt(task));
}

function giveUp(task: Task, failure: FailureProto, retryState: RetryState): void {
  close(task);
  resolve(task, { failed: { failure: wrap(task, failure, retryState) } });
}

function close(task: Task): void {
  task.state.closed = true;
  task.state.current = undefined;
}

function resolve(task: Task, resolution: Resolution): void {
  if (task.state.resolved) return;
  task.state.resolved = true;
  task.onResolved(resolution);
}

function wrap({ schedule }: Task, failure: FailureProto, retryState: RetryState): FailureProto {
  return wrapActivityFailure(failure, {
    activityId: schedule.activityId ?? '',
    activityType: schedule.activityType ?? '',
    retryState,
  });
}

function requestCancel(task: Task): void {
  const { state, schedule } = task;
  if (state.resolved) return;
  const cancelled = { cancelled: { failure: wrap(task, cancelledProto(), RETRY_STATE.none) } };
  if (schedule.cancellationType === ABANDON) return resolve(task, cancelled);
  state.cancelRequested = true;
  if (!state.current) close(task);
  if (!state.current || (schedule.cancellationType ?? TRY_CANCEL) === TRY_CANCEL) resolve(task, cancelled);
}
