import { expect, test } from 'vitest';
import { isClosed } from '../../../activities/temporal-context.ts';

test.each(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'])('a workflow that is %s: has ended', (name) =>
  expect(isClosed(name)).toBe(true),
);

test.each(['RUNNING', 'PAUSED', 'CONTINUED_AS_NEW', 'UNKNOWN', 'UNSPECIFIED', 'A_STATE_OF_TOMORROW'])(
  'a workflow that is %s: may go on',
  (name) => expect(isClosed(name)).toBe(false),
);
