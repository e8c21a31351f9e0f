import { type WorkflowHandle, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { newId } from './new-id.ts';

const MOST_TRIES = 3;

/**
 * One message is one update, however often it has to be sent until it is answered. Its id is of this sending: the same
 * approval is given again after an attempt that failed, and must not be answered by the one before. That a person who
 * sends it anew means the same is told by the run's state.
 */
export async function sendUpdate(
  handle: WorkflowHandle,
  { name, body }: { name: string; body: object },
): Promise<string> {
  const updateId = `${name}-${newId()}`;
  for (let tries = 1; ; tries += 1) {
    try {
      return await handle.executeUpdate<string, [object]>(name, { args: [body], updateId });
    } catch (error) {
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) || tries === MOST_TRIES) throw error;
    }
  }
}
