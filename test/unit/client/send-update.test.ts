import { type WorkflowHandle, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { expect, test } from 'vitest';
import { sendUpdate } from '../../../client/send-update.ts';

function handleThat(answers: (string | Error)[]) {
  const ids: (string | undefined)[] = [];
  const executeUpdate = async (_: string, { updateId }: { updateId?: string }): Promise<string> => {
    ids.push(updateId);
    const answer = answers.shift() ?? 'taken';
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { ids, handle: { executeUpdate } as unknown as WorkflowHandle };
}

const timeout = () => new WorkflowUpdateRPCTimeoutOrCancelledError('no answer in time');

test('an update whose answer is lost: is sent again as the same one', async () => {
  const { ids, handle } = handleThat([timeout(), timeout(), 'taken']);
  expect(await sendUpdate(handle, { name: 'approveCutover', body: {} })).toBe('taken');
  expect(ids).toHaveLength(3);
  expect(new Set(ids).size).toBe(1);
});

test('an update that nobody answers: the third time-out is told', async () => {
  const { ids, handle } = handleThat([timeout(), timeout(), timeout()]);
  await expect(sendUpdate(handle, { name: 'pause', body: {} })).rejects.toThrow('no answer in time');
  expect(ids).toHaveLength(3);
});

test('two messages of the same words: are two updates', async () => {
  const { ids, handle } = handleThat([]);
  for (const body of [{ digest: 'e1' }, { digest: 'e1' }]) await sendUpdate(handle, { name: 'approveCutover', body });
  expect(new Set(ids).size).toBe(2);
});

test('a refusal: is not sent again', async () => {
  const { ids, handle } = handleThat([new Error('refused')]);
  await expect(sendUpdate(handle, { name: 'pause', body: {} })).rejects.toThrow('refused');
  expect(ids).toHaveLength(1);
});
