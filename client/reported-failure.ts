import {
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { Failure } from '../activities/failure.ts';
import { FAILURES, isFailureCode, type FailureCode, type FailureDetails } from '../workflows/contract/failures.ts';

/** What the command line prints for any error: the same four parts, whoever threw it. */
export interface ReportedFailure extends FailureDetails {
  message: string;
  hint: string;
  exitCode: number;
}

/** Follows Temporal's wrappers to what really failed. */
export function toReportedFailure(error: unknown): ReportedFailure {
  if (error instanceof Failure) return report(error.code, error.message, error.toDetails());
  if (error instanceof WorkflowNotFoundError) {
    return report('workflow.not-found', `no running workflow with the id "${error.workflowId}": ${error.message}`);
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return report('temporal.unreachable', 'the worker did not answer in time; the message may have been taken');
  }
  if (error instanceof ServiceError) return report('temporal.unreachable', toServiceMessage(error));
  if (isWrapper(error)) return toReportedFailure(error.cause ?? new Error(error.message));
  if (error instanceof CancelledFailure) return report('cancelled', error.message || 'cancelled');
  if (error instanceof TerminatedFailure) {
    return report(
      'run.leaks',
      'the workflow was terminated: what it made is still there; `temporal-hbase leaks` lists it',
    );
  }
  if (error instanceof TimeoutFailure) return report('step.not-converged', `it did not end in time: ${error.message}`);
  if (error instanceof ApplicationFailure) return fromApplicationFailure(error);
  return report('internal', error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** `details` of the gRPC status says which part did not answer: the server, or no worker for a query. */
function toServiceMessage(error: ServiceError): string {
  const why = error.cause instanceof Error ? error.cause.message : error.message;
  return `Temporal did not carry out the request: ${why}`;
}

function isWrapper(error: unknown): error is Error {
  return (
    error instanceof WorkflowFailedError ||
    error instanceof WorkflowUpdateFailedError ||
    error instanceof ActivityFailure ||
    error instanceof ChildWorkflowFailure
  );
}

function fromApplicationFailure(error: ApplicationFailure): ReportedFailure {
  const code: FailureCode = error.type != null && isFailureCode(error.type) ? error.type : 'internal';
  const details = error.details?.[0];
  return report(code, error.message, isDetails(details) ? details : { code });
}

function isDetails(value: unknown): value is FailureDetails {
  return typeof value === 'object' && value !== null && 'code' in value;
}

function report(code: FailureCode, message: string, details: Partial<FailureDetails> = {}): ReportedFailure {
  const { hint, exit } = FAILURES[code];
  return { ...details, code, message, hint, exitCode: exit };
}
