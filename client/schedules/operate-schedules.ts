import type { Client, ScheduleHandle } from '@temporalio/client';
import { Failure } from '../../activities/failure.ts';
import { toForeignFailure } from './apply-schedules.ts';
import { PART_NAMES, toScheduleId, type SchedulePart } from '../../workflows/contract/backup/schedule-parts.ts';
import { endArchive, findEndedArchive, type Patience } from './end-archive.ts';
import { listOwnSchedules, readSchedules, type LiveSchedule } from './live-schedules.ts';

/** Schedules of a set that `apply` made: all of them, or one part. */
export interface Selection {
  set: string;
  part?: SchedulePart | undefined;
}

/**
 * @throws Failure `schedule.unknown` naming the sets there are, when nothing is selected; `schedule.foreign` when
 *   somebody else made one of them.
 */
export async function selectSchedules(
  client: Client,
  { set, part, parts = part === undefined ? PART_NAMES : [part] }: Selection & { parts?: readonly SchedulePart[] },
): Promise<LiveSchedule[]> {
  const ids = parts.map((name) => toScheduleId(name, set));
  const found = await readSchedules(client, ids);
  const foreign = found.filter(({ mark }) => mark === undefined).map(({ id }) => id);
  if (foreign.length > 0) throw toForeignFailure(foreign);
  if (found.length > 0) return found;
  const sets = new Set((await listOwnSchedules(client)).map(({ mark }) => mark?.set));
  const known = sets.size === 0 ? 'there is none' : `there is: ${[...sets].join(', ')}`;
  throw new Failure('schedule.unknown', `no schedule ${part ?? 'of any part'} of a set "${set}"; ${known}`);
}

/**
 * Runs that are under way are not touched. Without a part, whoever watches the set goes on watching: a pause that was
 * forgotten is told.
 */
export async function changeSchedules(
  client: Client,
  { selection, change }: { selection: Selection; change: (handle: ScheduleHandle) => Promise<void> },
): Promise<LiveSchedule[]> {
  const parts = selection.part === undefined ? PART_NAMES.filter((part) => part !== 'watch') : [selection.part];
  const selected = await selectSchedules(client, { ...selection, parts });
  for (const { id } of selected) await change(client.schedule.getHandle(id));
  return selected;
}

/** With what it alone kept going: the holder of an archive. */
export async function deleteSchedule(
  client: Client,
  { live, patience }: { live: LiveSchedule; patience: Patience },
): Promise<void> {
  const { id, shape } = live;
  const change = () => client.schedule.getHandle(id).delete();
  const place = findEndedArchive(live);
  if (place === undefined) return change();
  await endArchive(client, { id, place, taskQueue: shape.taskQueue, change, isDeletion: true, patience });
}

/**
 * Fires one schedule now, beside its times, also while it is paused.
 *
 * @throws Failure `run.claimed` when a run of it is under way: the server would skip this one without a word.
 */
export async function triggerSchedule(client: Client, { id, description }: LiveSchedule): Promise<void> {
  const [running] = description.info.runningActions;
  if (running !== undefined) {
    throw new Failure('run.claimed', `${running.workflow.workflowId} is under way; "${id}" runs one at a time`);
  }
  await client.schedule.getHandle(id).trigger('SKIP');
}
