import type { Client } from '@temporalio/client';

type Moment = { seconds?: { toNumber(): number } | number | null; nanos?: number | null } | null | undefined;

/** What each step of a run took, from its history: where the time went. */
export async function readSteps(client: Client, workflowId: string): Promise<string> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const started = new Map<string, { name: string; atMs: number }>();
  const steps: string[] = [];
  for (const { eventId, eventTime, ...event } of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) started.set(String(eventId), { name: scheduled.activityType?.name ?? '', atMs: toMs(eventTime) });
    const from = started.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId ?? ''));
    if (from === undefined) continue;
    const seconds = ((toMs(eventTime) - from.atMs) / 1_000).toFixed(1);
    steps.push(`${from.name.replace('hbase.', '')} ${seconds}`);
  }
  return steps.join(', ');
}

function toMs(moment: Moment): number {
  const { seconds, nanos } = moment ?? {};
  const whole = typeof seconds === 'number' ? seconds : (seconds?.toNumber() ?? 0);
  return whole * 1_000 + (nanos ?? 0) / 1_000_000;
}
