import { ApplicationFailure, Context, type Info } from '@temporalio/activity';
import { Failure } from './failure.ts';
import { type CancelCause, sleepAnyway, type StepContext } from './step-context.ts';
import type { StepHost } from './step-host.ts';

/** The only file of the steps that knows Temporal. */
export const temporalHost: StepHost = {
  createContext: createTemporalContext,
  toThrown,
};

function createTemporalContext(): StepContext {
  const context = Context.current();
  return {
    signal: context.cancellationSignal,
    attempt: context.info.attempt,
    operation: toOperation(context.info),
    cancelCause: () => toCancelCause(context),
    progress: (report) => context.heartbeat(report),
    sleep: (ms) => context.sleep(ms),
    sleepRegardless: sleepAnyway,
    nowMs: Date.now,
    limitMs: context.info.startToCloseTimeoutMs,
    hasEnded: (workflowId) => hasEnded(context, workflowId),
  };
}

/** What has not closed may go on, also one that is paused, or in a state that is not known here yet. */
const CLOSED: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']);

export function isClosed(statusName: string): boolean {
  return CLOSED.has(statusName);
}

/** Of several runs of one id the newest counts. No answer is no end. */
async function hasEnded(context: Context, workflowId: string): Promise<boolean | undefined> {
  try {
    const { status } = await context.client.workflow.getHandle(workflowId).describe();
    return isClosed(status.name);
  } catch {
    return undefined;
  }
}

function toOperation({ workflowExecution, activityId, attempt }: Info): string {
  return `${workflowExecution?.workflowId ?? 'no-workflow'}/${activityId}/${attempt}`;
}

function toCancelCause(context: Context): CancelCause | undefined {
  if (!context.cancellationSignal.aborted) return undefined;
  // Shutdown, pause, reset, a missed heartbeat: another attempt follows and attaches to what is running.
  return context.cancellationDetails?.cancelRequested ? 'requested' : 'interrupted';
}

function toThrown(error: unknown, { step, ctx }: { step: string; ctx: StepContext }): unknown {
  if (error instanceof ApplicationFailure) return error;
  const failure = error instanceof Failure ? error : undefined;
  // Once cancelled, an infrastructure failure is only the noise of stopping; a final one is still worth knowing.
  if (ctx.signal.aborted && (!failure || failure.retryable)) return ctx.signal.reason;
  return failure ? toApplicationFailure(failure, step) : toInternalFailure(error, step);
}

/** `type` is the code; `details[0]` is `StepFailureDetails`. */
function toApplicationFailure(failure: Failure, step: string): ApplicationFailure {
  return ApplicationFailure.create({
    message: failure.message,
    type: failure.code,
    nonRetryable: !failure.retryable,
    details: [{ step, ...failure.toDetails() }],
    ...(failure.cause instanceof Error ? { cause: failure.cause } : {}),
  });
}

/** Anything that is no `Failure` is a bug of ours: retrying it for ever would hide it. */
function toInternalFailure(error: unknown, step: string): ApplicationFailure {
  const cause = error instanceof Error ? error : new Error(String(error));
  return ApplicationFailure.create({
    message: `${step}: ${cause.name}: ${cause.message}`,
    type: 'internal',
    nonRetryable: true,
    details: [{ code: 'internal', step }],
    cause,
  });
}
