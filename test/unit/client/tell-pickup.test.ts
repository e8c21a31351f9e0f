import { expect, test } from 'vitest';
import type { ConnectedClient } from '../../../client/connect.ts';
import type { Output } from '../../../client/output.ts';
import { tellPickup } from '../../../client/tell-pickup.ts';

/** The workflow's pending first task, look by look; the last one stays. */
async function notesFor(tasks: ({ attempt: number } | undefined)[]): Promise<string> {
  let looks = 0;
  const describe = async () => ({ raw: { pendingWorkflowTask: tasks[Math.min(looks++, tasks.length - 1)] } });
  const client = { workflow: { getHandle: () => ({ describe }) } };
  const connected = { client, target: { taskQueue: 'hbase' } } as unknown as ConnectedClient;
  const notes: string[] = [];
  const output = { note: (text: string) => void notes.push(text) } as unknown as Output;
  await tellPickup({ connected, workflowId: 'w', output, lookMs: 1 });
  return notes.join('\n');
}

test('a started workflow that a worker takes: nothing is said', async () => {
  expect(await notesFor([undefined])).toBe('');
  expect(await notesFor([{ attempt: 1 }, { attempt: 1 }, undefined])).toBe('');
});

test('one that nobody takes: is said, with the command that starts a worker', async () => {
  expect(await notesFor([{ attempt: 1 }])).toMatch(/no worker has taken w yet.*"hbase"\n.*temporal-hbase worker/);
});

test('one whose first task fails: is said at once, with what the worker lacks', async () => {
  expect(await notesFor([{ attempt: 1 }, { attempt: 2 }])).toMatch(
    /cannot carry w out: its bundle lacks.*\n.*export \* from 'temporal-hbase\/workflows'/,
  );
});
