import { condition } from '@temporalio/workflow';
import type { StatusKeeper } from './status-keeper.ts';
import { isStopped, toCause } from './workflow-failure.ts';

/**
 * For what must happen, and cannot be undone any more: a failure is shown, and the work tried again on `resume`.
 * Ends only by success or by cancellation.
 */
export async function untilDone<T>(keeper: StatusKeeper, what: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isStopped(error)) throw error;
      const { code, message } = toCause(error);
      keeper.block({ code: 'held', message: `${what}: ${code}: ${message}`, fix: 'fix the cause, then send resume' });
      await condition(() => !keeper.isBlockedBy('held'));
    }
  }
}
