import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectedClient } from './connect.ts';
import { lookAgain } from './look-again.ts';
import type { Output } from './output.ts';

/** A worker takes a first task within a second; what is busy for longer than this is worth a word. */
const LOOKS = 20;
const LOOK_MS = 500;

interface Pickup {
  connected: ConnectedClient;
  workflowId: string;
  output: Output;
  lookMs?: number;
}

/** Says so when nobody carries a started workflow out: it waits at the server, without a word, for ever. */
export async function tellPickup({ connected, workflowId, output, lookMs = LOOK_MS }: Pickup): Promise<void> {
  const handle = connected.client.workflow.getHandle(workflowId);
  for (let look = 1; look <= LOOKS; look += 1) {
    const { raw } = await lookAgain({ what: workflowId }, () => handle.describe());
    const task = raw.pendingWorkflowTask;
    const hasFailed = (task?.attempt ?? 0) > 1;
    if (task == null) return;
    if (hasFailed || look === LOOKS) {
      for (const line of describeUnpicked(connected, { workflowId, hasFailed })) output.note(line);
      return;
    }
    await sleep(lookMs);
  }
}

function describeUnpicked(
  { target: { taskQueue } }: ConnectedClient,
  { workflowId, hasFailed }: { workflowId: string; hasFailed: boolean },
): string[] {
  if (!hasFailed) {
    return [
      `warning: no worker has taken ${workflowId} yet; it waits until one polls "${taskQueue}"`,
      '  do:      temporal-hbase worker --clusters clusters.yaml, or look whether the worker is busy or hangs',
    ];
  }
  return [
    `warning: a worker of "${taskQueue}" cannot carry ${workflowId} out: its bundle lacks this workflow type, or fails at it`,
    "  do:      let it export * from 'temporal-hbase/workflows' and start it again; the run goes on by itself",
  ];
}
