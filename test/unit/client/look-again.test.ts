import { ServiceError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { lookAgain } from '../../../client/look-again.ts';

const refusal = (code: number, message: string): ServiceError =>
  new ServiceError('Failed to describe schedule', { cause: Object.assign(new Error(message), { code }) });

const NOT_SCHEDULED = refusal(9, '9 FAILED_PRECONDITION: Workflow task is not scheduled yet.');
const LATE = refusal(4, '4 DEADLINE_EXCEEDED: waiting for schedule to refresh status of completed workflows');

/** Fails so often, then answers; how often it was asked. */
function answerAfter(errors: Error[]) {
  const asked = { times: 0 };
  const look = async (): Promise<string> => {
    const error = errors[asked.times];
    asked.times += 1;
    if (error !== undefined) throw error;
    return 'the answer';
  };
  return { asked, look };
}

const WHAT = { what: 'the schedule "a"', pausesMs: [1, 1] };

test('lookAgain: a server that is not ready for a moment is asked again', async () => {
  const { look, asked } = answerAfter([NOT_SCHEDULED, LATE]);
  expect(await lookAgain(WHAT, look)).toBe('the answer');
  expect(asked.times).toBe(3);
});

test('lookAgain: one that stays so is told with what was asked, how often and why', async () => {
  const { look } = answerAfter([LATE, LATE, LATE, LATE]);
  await expect(lookAgain(WHAT, look)).rejects.toMatchObject({
    code: 'temporal.unreachable',
    message: expect.stringMatching(/answer about the schedule "a", asked 3 times: .*waiting for schedule to refresh/),
  });
});

test.each([refusal(9, 'the namespace is read only'), refusal(7, 'PERMISSION_DENIED'), new Error('a bug of ours')])(
  'lookAgain: another look would not change this, so it is thrown as it is',
  async (error) => {
    const { look, asked } = answerAfter([error]);
    await expect(lookAgain(WHAT, look)).rejects.toBe(error);
    expect(asked.times).toBe(1);
  },
);
