import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const LAST_EVENTS = 3;
const SHOWN_LETTERS = 1500;

/** A workflow as a failed test shows it: how it stands, what it tries again and why, and the end of its history. */
export async function describeRun(handle: WorkflowHandle): Promise<string> {
  const { type, status, raw } = await handle.describe();
  const { events = [] } = JSON.parse(historyToJSON(await handle.fetchHistory())) as { events?: object[] };
  const pending = (raw.pendingActivities ?? []).map(
    ({ activityType, attempt, lastFailure }) =>
      `  pending: ${activityType?.name}, attempt ${attempt}, last failure: ${lastFailure?.message ?? 'none'}`,
  );
  const last = events.slice(-LAST_EVENTS).map((event) => `  ${JSON.stringify(event).slice(0, SHOWN_LETTERS)}`);
  return [`workflow ${type} ${handle.workflowId}: ${status.name}`, ...pending, ...last].join('\n');
}
