import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { WORKFLOW_TYPES } from '../../workflows/contract/messages.ts';
import type { DesiredSchedule, ScheduleShape } from './desired-schedules.ts';
import type { LiveSchedule } from './live-schedules.ts';

/** The archive that the ticks of a schedule go on with: whatever else its input says, these make another archive. */
export interface ArchivePlace {
  cluster: string;
  root: string;
  set: string;
}

/** undefined for the other parts of a set, and for an input that no tick would take. */
export function toArchivePlace(part: string | undefined, { input }: ScheduleShape): ArchivePlace | undefined {
  const { cluster, root, set } = input;
  if (part !== 'archive' || [cluster, root, set].some((name) => typeof name !== 'string')) return undefined;
  return { cluster, root, set } as ArchivePlace;
}

/** The archive that nobody goes on with once the schedule is as the file says; without `desired` it is deleted. */
export function findEndedArchive(live: LiveSchedule, desired?: DesiredSchedule): ArchivePlace | undefined {
  const before = toArchivePlace(live.mark?.part, live.shape);
  const after = desired === undefined ? undefined : toArchivePlace(desired.part, desired.shape);
  const isSame = (['cluster', 'root', 'set'] as const).every((name) => before?.[name] === after?.[name]);
  return isSame ? undefined : before;
}

export function describeEnd({ cluster, root, set }: ArchivePlace): string {
  return `starts stopArchive: ${cluster} keeps no WALs for ${set} any more; what is archived in ${root} stays`;
}

interface Ending {
  id: string;
  place: ArchivePlace;
  taskQueue: string;
  /** Deletes the schedule, or has its ticks go on with another archive. */
  change: () => Promise<void>;
  isDeletion: boolean;
  patience: Patience;
}

export interface Patience {
  /** Told before a wait of minutes, with what is waited for, and at its end when it was broken off. */
  onWait: (what: string) => void;
  /** By Ctrl-C: ends the wait; what the server was not told yet is told first. */
  interrupted: AbortSignal;
}

/** One set name may have archives of several clusters and roots: each has a workflow of its own. */
export function toStopArchiveId({ cluster, root, set }: ArchivePlace): string {
  return `hbase-stop-archive/${cluster}/${root}/${set}`;
}

/** A tick takes minutes; whoever types the command should not wait for one that hangs. */
const LONGEST_WAIT_MS = 300_000;

/**
 * A holder that no tick rotates keeps WALs until the disk is full, so it goes with its schedule. First of all, so that
 * whoever is cut off here is told the same difference again; and once more when a tick was under way, which may have
 * made the next holder meanwhile. Who breaks off that wait leaves the second time to the server, later.
 *
 * @returns Workflow id of `stopArchive`, which is not waited for.
 */
export async function endArchive(client: Client, { id, place, taskQueue, change, isDeletion, patience }: Ending) {
  const workflowId = toStopArchiveId(place);
  const stop = (again: { workflowId?: string; startDelay?: number } = {}) =>
    client.workflow.start(WORKFLOW_TYPES.stopArchive, {
      workflowId,
      taskQueue,
      args: [place],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      ...again,
    });
  await stop();
  const handle = client.schedule.getHandle(id);
  if (isDeletion) await handle.pause('its archive is being stopped');
  else await change();
  const { info } = await handle.describe();
  if (isDeletion) await change();
  const ticks = info.runningActions.map(({ workflow }) => workflow.workflowId);
  if (ticks.length === 0) return workflowId;
  patience.onWait(
    `waiting at most ${LONGEST_WAIT_MS / 60_000} min for ${ticks.join(', ')}, which may still hold WALs for ${place.set}; ` +
      `${workflowId} is started once more then`,
  );
  const ends = Promise.allSettled([...ticks, workflowId].map((one) => client.workflow.getHandle(one).result()));
  await Promise.race([ends, sleepUnlessInterrupted(patience.interrupted)]);
  if (!patience.interrupted.aborted) await stop();
  else {
    const again = { workflowId: `${workflowId}/again`, startDelay: LONGEST_WAIT_MS };
    await stop(again);
    patience.onWait(`not waited for: the server starts ${again.workflowId} in ${LONGEST_WAIT_MS / 60_000} min`);
  }
  return workflowId;
}

async function sleepUnlessInterrupted(signal: AbortSignal): Promise<void> {
  try {
    await sleep(LONGEST_WAIT_MS, undefined, { ref: false, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
