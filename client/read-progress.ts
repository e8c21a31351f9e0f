import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { StepProgress } from '../workflows/contract/step-data.ts';

/** What the running activities of a migration and of its table children last heartbeated. */
export async function readProgress(client: Client, workflowId: string): Promise<StepProgress[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const children = (raw.pendingChildren ?? []).flatMap(({ workflowId: id }) => (id ? [id] : []));
  const pending = [
    ...(raw.pendingActivities ?? []),
    ...(await Promise.all(children.map(async (id) => readPending(client, id)))).flat(),
  ];
  return pending.flatMap(({ heartbeatDetails }) => {
    const payload = heartbeatDetails?.payloads?.[0];
    return payload == null ? [] : [defaultPayloadConverter.fromPayload<StepProgress>(payload)];
  });
}

async function readPending(client: Client, workflowId: string) {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities ?? [];
}
