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
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../activities/failure.ts';
import { toReportedFailure } from '../../../client/reported-failure.ts';
import { FAILURES } from '../../../workflows/contract/failures.ts';

const details = { code: 'job.failed', cluster: 'old', host: 'gw1' };
const inner = ApplicationFailure.create({ type: 'job.failed', message: 'it ended with 1', details: [details] });
const inActivity = new ActivityFailure(
  'activity failed',
  'hbase.exportSnapshot',
  '1',
  'MAXIMUM_ATTEMPTS_REACHED',
  'w',
  inner,
);
const inChild = new ChildWorkflowFailure(
  'default',
  { workflowId: 'c', runId: 'r' },
  'bootstrapTable',
  'TIMEOUT',
  inActivity,
);
const ended = (cause: Error): Error => new WorkflowFailedError('workflow failed', cause, 'TIMEOUT');

describe('toReportedFailure', () => {
  test.each([
    ['of a workflow', ended(inner)],
    ['of an activity', ended(inActivity)],
    ['of a child', ended(inChild)],
    ['of an update', new WorkflowUpdateFailedError('update failed', inner)],
  ])('a failure %s: is what was thrown first, with its place', (_what, error) => {
    const { hint, exit } = FAILURES['job.failed'];
    expect(toReportedFailure(error)).toEqual({ ...details, message: 'it ended with 1', hint, exitCode: exit });
  });

  test.each([
    ['an own failure', new Failure('run.claimed', 'held'), 'run.claimed', 'held'],
    [
      'no such workflow',
      new WorkflowNotFoundError('not found', 'w9', undefined),
      'workflow.not-found',
      '"w9": not found',
    ],
    ['no server', new ServiceError('x', { cause: new Error('14 UNAVAILABLE') }), 'temporal.unreachable', 'UNAVAILABLE'],
    [
      'no answer to an update',
      new WorkflowUpdateRPCTimeoutOrCancelledError('late'),
      'temporal.unreachable',
      'may have been taken',
    ],
    [
      'a cancelled workflow',
      ended(new CancelledFailure('everything was undone')),
      'cancelled',
      'everything was undone',
    ],
    ['a terminated workflow', ended(new TerminatedFailure('stop')), 'run.leaks', 'terminated'],
    [
      'a timed-out workflow',
      ended(new TimeoutFailure('too long', undefined, 'START_TO_CLOSE')),
      'step.not-converged',
      'too long',
    ],
    [
      'a failure without a code of ours',
      ended(ApplicationFailure.create({ type: 'Other', message: 'm' })),
      'internal',
      'm',
    ],
    ['a wrapper without a cause', new WorkflowFailedError('why?', undefined, 'TIMEOUT'), 'internal', 'why?'],
    ['a bug', new TypeError('x is not a function'), 'internal', 'reported-failure.test.ts'],
    ['what is no error', 'text', 'internal', 'text'],
  ])('%s: has its code and its exit code', (_what, error, code, words) => {
    const reported = toReportedFailure(error);
    expect(reported.code).toBe(code);
    expect(reported.message).toContain(words);
    expect(reported.exitCode).toBe(FAILURES[reported.code].exit);
  });
});
