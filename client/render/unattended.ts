import type { LastKnown } from '../../workflows/contract/last-known.ts';
import type { UnattendedView } from '../read-unattended.ts';
import { formatTrying } from './pending.ts';
import { formatDuration, formatSince } from './quantities.ts';

/** A worker that waits for work polls again within a minute. */
const POLL_LASTS_MS = 70_000;

/** What is known of a migration while no worker answers for it, and what to do. */
export function formatUnattended(view: UnattendedView): string[] {
  const { workflowId, workflow, taskQueue, lastKnown, pending, nowMs } = view;
  return [
    `${workflowId}: no worker answers; to Temporal it is ${workflow}`,
    ...(lastKnown === undefined ? ['  nothing else was noted of it'] : formatLastKnown(lastKnown, nowMs)),
    ...pending.map((step) => `  pending: ${formatTrying(step, nowMs)}`),
    `  ${formatWorker(view)}`,
    `  start one: temporal-hbase worker --clusters clusters.yaml --task-queue ${taskQueue}`,
  ];
}

/** One line, for pipes and logs. */
export function formatUnattendedLine(view: UnattendedView): string {
  const { lastKnown, workflow } = view;
  const known = lastKnown === undefined ? workflow : `last known ${lastKnown.phase}`;
  return [`no worker answers; ${known}`, formatWorker(view), ...formatFence(lastKnown, view.nowMs)].join('; ');
}

function formatLastKnown(known: LastKnown, nowMs: number): string[] {
  const { phase, since, asOf, paused, source, target, runId, tables, waitsFor, more } = known;
  const run = runId === undefined ? '' : `, run ${runId}`;
  return [
    `  last known, ${formatSince(asOf, nowMs)} ago: ${phase} for ${formatSince(since, nowMs)}${paused ? ' (paused)' : ''}`,
    `  ${source} → ${target}${run}, ${tables.done} of ${tables.total} tables copied`,
    ...waitsFor.map((one) => `  waited for ${one.code} since ${formatSince(one.since, nowMs)}: ${one.message}`),
    ...(more === undefined ? [] : [`  and for ${more} more`]),
    ...formatFence(known, nowMs).map((line) => `  ${line}`),
  ];
}

function formatFence(known: LastKnown | undefined, nowMs: number): string[] {
  if (known?.fencedUntil === undefined) return [];
  const leftMs = Date.parse(known.fencedUntil) - nowMs;
  const when =
    leftMs > 0
      ? `gives writes back by ${known.fencedUntil}, in ${formatDuration(leftMs)}`
      : `was to give writes back by ${known.fencedUntil}`;
  return [`writes on ${known.source} may be fenced: its guard ${when}, unless the mark was set before`];
}

function formatWorker({ taskQueue, polledAt, seenAt, nowMs }: UnattendedView): string {
  const queue = `the task queue "${taskQueue}"`;
  if (polledAt === undefined) {
    const seen = seenAt === undefined ? '' : `; one was last seen ${formatSince(seenAt, nowMs)} ago`;
    return `no worker has polled ${queue} for minutes${seen}`;
  }
  const ago = formatSince(polledAt, nowMs);
  return nowMs - Date.parse(polledAt) > POLL_LASTS_MS
    ? `no worker has polled ${queue} for ${ago}`
    : `${queue} was last polled ${ago} ago: its worker is starting, busy or gone`;
}
