import { CancelledFailure, defaultFailureConverter, defaultPayloadConverter, type Payload } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { coresdk, temporal } from '@temporalio/proto';

/** Values as they travel: JSON payloads and failure messages, by the SDK's own converters. */

export type FailureProto = temporal.api.failure.v1.IFailure;
export type Command = coresdk.workflow_commands.IWorkflowCommand;
export type Job = coresdk.workflow_activation.IWorkflowActivationJob;

export function toPayload(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

export function fromPayload<T>(payload: Payload | null | undefined): T {
  return payload ? defaultPayloadConverter.fromPayload<T>(payload) : (undefined as T);
}

export function toFailureProto(error: unknown): FailureProto {
  return defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
}

export function toError(failure: FailureProto | null | undefined): Error {
  if (!failure) return new Error('failed without a failure');
  return defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
}

export const cancelledProto = (): FailureProto => toFailureProto(new CancelledFailure('cancelled'));

/** `TIMEOUT_TYPE_START_TO_CLOSE` 1, `_SCHEDULE_TO_CLOSE` 3, `_HEARTBEAT` 4. */
export function timeoutProto(type: 1 | 3 | 4): FailureProto {
  return { message: 'activity timed out', source: 'Server', timeoutFailureInfo: { timeoutType: type } };
}

export interface ActivityIdentity {
  activityId: string;
  activityType: string;
}

/** Why no further attempt is made, as the server numbers it. */
export const RETRY_STATE = { none: 0, final: 2, outOfTime: 3, outOfAttempts: 4, cancelRequested: 7 } as const;
export type RetryState = (typeof RETRY_STATE)[keyof typeof RETRY_STATE];

export function wrapActivityFailure(
  cause: FailureProto,
  { activityId, activityType, retryState }: ActivityIdentity & { retryState: RetryState },
): FailureProto {
  return {
    message: 'Activity task failed',
    source: 'Server',
    activityFailureInfo: { activityId, activityType: { name: activityType }, identity: 'simulator', retryState },
    cause,
  };
}

export interface ChildIdentity {
  workflowId: string;
  runId: string;
  workflowType: string;
}

export function wrapChildFailure(
  cause: FailureProto,
  { workflowId, runId, workflowType }: ChildIdentity,
): FailureProto {
  return {
    message: 'Child Workflow execution failed',
    source: 'Server',
    childWorkflowExecutionFailureInfo: {
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      workflowType: { name: workflowType },
      retryState: 1,
    },
    cause,
  };
}

export function toTimestamp(ms: number) {
  return msToTs(ms);
}
