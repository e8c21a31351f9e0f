import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { isFailureCode, type FailureCode } from '../contract/failures.ts';
import type { StepFailureDetails } from '../contract/step-data.ts';

/** What went wrong, freed of the wrappers that activities and children put around it. */
export interface Cause {
  code: FailureCode;
  message: string;
  details: StepFailureDetails;
  /** Details beyond the first, e.g. how far a child came. */
  more: unknown[];
}

/** Finds the failure of the closed table inside whatever Temporal wrapped around it. */
export function toCause(error: unknown): Cause {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && at.type && isFailureCode(at.type)) return fromApplication(at, at.type);
    if (at instanceof CancelledFailure) return toPlain('cancelled', `It was cancelled by somebody: ${at.message}`);
    if (at instanceof ApplicationFailure && at.type === 'CancelledFailure')
      return toPlain('step.not-converged', 'The worker that ran the step ended');
    if (at instanceof TimeoutFailure)
      return toPlain('step.not-converged', `A step did not answer in time: ${at.message}`);
  }
  return toPlain('internal', error instanceof Error ? deepestMessage(error) : String(error));
}

/**
 * Did it end since somebody cancelled it? An attempt that fails before it hears of the cancellation is not retried, and
 * Temporal answers with its failure: the noise of stopping, and not why the run has ended.
 */
export function isCancelled(error: unknown): boolean {
  return isCancellation(error) || (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED');
}

/**
 * Is this very work being stopped? Somebody may also cancel one table's child alone: that is a failure of its table, and
 * nobody has asked for the end of the wave.
 */
export function isStopped(error: unknown): boolean {
  return isCancelled(error) && CancellationScope.current().consideredCancelled;
}

/** Not one table's failure: the work is being stopped, or the record says that the run has cut over already. */
export function endsTheRun(error: unknown): boolean {
  return isStopped(error) || toCause(error).code === 'cutover.past-no-return';
}

/** For a workflow that ends by it: Temporal shows `Cancelled` for a cancellation only, and parents look for one. */
export function toCancellation(error: unknown): Error {
  return isCancellation(error) && error instanceof Error ? error : new CancelledFailure(toCause(error).message);
}

/** The only way workflow code fails: a plain `Error` would retry the workflow task for ever. */
export function failWith(code: FailureCode, message: string, ...details: unknown[]): ApplicationFailure {
  return ApplicationFailure.create({ message, type: code, nonRetryable: true, details: [{ code }, ...details] });
}

/** The same failure as it was, with more details behind its own. */
export function rethrowable({ code, message, details }: Cause, ...more: unknown[]): ApplicationFailure {
  return ApplicationFailure.create({ message, type: code, nonRetryable: true, details: [details, ...more] });
}

/** ` on old (gw1, table shop:a)`, as far as it is known and the message does not say it. */
export function describePlace({ message, details: { cluster, host, table, command } }: Cause): string {
  const known = [host, table && `table ${table}`, command && `command ${command}`];
  const more = known.filter((part) => part !== undefined && part !== '' && !message.includes(part));
  const on = cluster === undefined || message.includes(cluster) ? '' : ` on ${cluster}`;
  return `${on}${more.length === 0 ? '' : ` (${more.join(', ')})`}`;
}

function fromApplication(failure: ApplicationFailure, code: FailureCode): Cause {
  const [first, ...more] = failure.details ?? [];
  const details = typeof first === 'object' && first !== null ? (first as StepFailureDetails) : { code };
  return { code, message: failure.message, details, more };
}

function toPlain(code: FailureCode, message: string): Cause {
  return { code, message, details: { code }, more: [] };
}

function deepestMessage(error: Error): string {
  return error.cause instanceof Error ? deepestMessage(error.cause) : error.message;
}
