import { ActivityFailure, ApplicationFailure, CancelledFailure, isCancellation } from '@temporalio/workflow';
import { expect, test } from 'vitest';
import { failWith, isCancelled, toCancellation } from '../../../../workflows/flow/workflow-failure.ts';

const unavailable = ApplicationFailure.create({ message: 'the agent ended', type: 'agent.unavailable' });
const failed = (retryState: ActivityFailure['retryState'], cause: Error = unavailable): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'hbase.compareScratch', '7', retryState, 'worker', cause);

test.each([
  ['a cancellation', new CancelledFailure('cancelled'), true],
  ['a step that was cancelled', failed('CANCEL_REQUESTED', new CancelledFailure('cancelled')), true],
  ['an attempt that failed before it heard of the cancellation', failed('CANCEL_REQUESTED'), true],
  ['a step that failed for good', failed('NON_RETRYABLE_FAILURE'), false],
  ['a failure of the workflow itself', failWith('backup.damaged', 'other cells'), false],
])('%s: is a cancellation %#', (_what, error, expected) => {
  expect(isCancelled(error)).toBe(expected);
});

test('a workflow that ends by an attempt that failed at a cancellation: ends as cancelled, and says by what', () => {
  const ending = toCancellation(failed('CANCEL_REQUESTED'));
  expect(isCancellation(ending)).toBe(true);
  expect(ending.message).toContain('the agent ended');
});
