import { type Client, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import pLimit from 'p-limit';
import { MESSAGES } from '../workflows/contract/messages.ts';
import type { BootstrapStatus } from '../workflows/contract/status.ts';
import type { PendingStep } from './read-pending.ts';

const ASKED_AT_ONCE = 8;
/** What these heartbeat is bytes already. */
const TELLS_BYTES: ReadonlySet<string> = new Set(['exportSnapshot', 'transferStaging']);

/** The phase and bytes of the children that copy tables now, of those whose heartbeats do not say it. */
export async function readChildStatuses(client: Client, pending: readonly PendingStep[]): Promise<BootstrapStatus[]> {
  const limit = pLimit(ASKED_AT_ONCE);
  const ids = pending
    .filter(({ step, progress, workflowId, table }) => {
      const isChild = table !== undefined && workflowId.endsWith(`/${table}`);
      return isChild && !(TELLS_BYTES.has(step) && progress?.unit === 'bytes');
    })
    .map(({ workflowId }) => workflowId);
  const answers = await Promise.all(ids.map((id) => limit(() => readChildStatus(client, id))));
  return answers.flatMap((answer) => answer ?? []);
}

/** undefined: it ended meanwhile, or nobody answers for it; its row then shows what the run itself knows. */
async function readChildStatus(client: Client, workflowId: string): Promise<BootstrapStatus | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).query<BootstrapStatus>(MESSAGES.status);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof ServiceError) return undefined;
    throw error;
  }
}
