import type { ActivityOptions } from '@temporalio/workflow';
import { expect, test } from 'vitest';

test('durations: the type checker refuses what is no duration', () => {
  const good: ActivityOptions = { startToCloseTimeout: '2 minutes', heartbeatTimeout: '10s' };
  // @ts-expect-error 'banana' is no duration: without workflows/contract/ms.d.ts this line compiles
  const bad: ActivityOptions = { startToCloseTimeout: 'banana' };
  expect(good).not.toEqual(bad);
});
