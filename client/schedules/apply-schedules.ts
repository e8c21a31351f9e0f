import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleOptions,
  type ScheduleUpdateOptions,
  type ScheduleDescription,
} from '@temporalio/client';
import { Failure } from '../../activities/failure.ts';
import { lookAgain } from '../look-again.ts';
import type { DesiredSchedule } from './desired-schedules.ts';
import { endArchive, type Patience } from './end-archive.ts';
import { diffSchedules, type ScheduleChange, type ScheduleDifference } from './diff-schedules.ts';
import { listOwnSchedules, MEMO_KEY, readSchedules } from './live-schedules.ts';
import { toScheduleSpec } from './timing.ts';

interface Wanted {
  desired: DesiredSchedule[];
  prune: boolean;
}

/** Compares the server with the file. Reads only. */
export async function planSchedules(client: Client, { desired, prune }: Wanted): Promise<ScheduleDifference> {
  const ids = desired.map(({ id }) => id);
  const wanted = await readSchedules(client, ids);
  const listed = await listOwnSchedules(client);
  const live = [...wanted, ...listed.filter(({ id }) => !ids.includes(id))];
  return diffSchedules({ desired, live, prune });
}

/**
 * Makes the server as the difference says, one schedule after the other. It can be broken off and done again at any
 * point. An update leaves alone what the file cannot say: whether it is paused and why, remaining actions, skipped
 * times, time-outs, search attributes.
 *
 * @returns Workflows that were started: `stopArchive` for what nobody goes on with.
 * @throws Failure `schedule.foreign` before anything is written, when the file wants an id that somebody else uses.
 */
export async function applySchedules(
  client: Client,
  { difference, file, patience }: { difference: ScheduleDifference; file: string; patience: Patience },
): Promise<{ started: string[] }> {
  if (difference.foreign.length > 0) throw toForeignFailure(difference.foreign);
  const started: string[] = [];
  for (const change of difference.changes) {
    started.push(...(await applyWithArchive(client, { change, file, patience })));
  }
  return { started };
}

interface Change {
  change: ScheduleChange;
  file: string;
}

async function applyWithArchive(
  client: Client,
  { change, file, patience }: Change & { patience: Patience },
): Promise<string[]> {
  const apply = () => applyChange(client, { change, file });
  const isDeletion = change.action === 'delete';
  if ((!isDeletion && change.action !== 'update') || change.endsArchive === undefined) {
    await apply();
    return [];
  }
  const { id, endsArchive: place } = change;
  const taskQueue = isDeletion ? change.taskQueue : change.desired.shape.taskQueue;
  return [await endArchive(client, { id, place, taskQueue, isDeletion, change: apply, patience })];
}

export function toForeignFailure(ids: string[]): Failure {
  const which = ids.length === 1 ? `the schedule "${ids[0]}" was` : `the schedules ${ids.join(', ')} were`;
  return new Failure('schedule.foreign', `${which} not made by temporal-hbase; nothing was applied`);
}

async function applyChange(client: Client, { change, file }: Change): Promise<void> {
  switch (change.action) {
    case 'create':
      await createSchedule(client, { desired: change.desired, file });
      break;
    case 'update':
      await refuseBadSpec(change.id, () => updateSchedule(client, { desired: change.desired, file }));
      break;
    case 'delete':
      await client.schedule.getHandle(change.id).delete();
      break;
    case 'unchanged':
    case 'left':
      break;
  }
}

/** It describes the schedule first; done twice it is the same. */
async function updateSchedule(client: Client, { desired, file }: { desired: DesiredSchedule; file: string }) {
  const handle = client.schedule.getHandle(desired.id);
  await lookAgain({ what: `the schedule "${desired.id}"` }, () =>
    handle.update((previous) => toUpdateOptions(desired, { previous, file })),
  );
}

async function createSchedule(client: Client, { desired, file }: { desired: DesiredSchedule; file: string }) {
  try {
    await refuseBadSpec(desired.id, () => client.schedule.create(toScheduleOptions(desired, file)));
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const message = `somebody else made the schedule "${desired.id}" at the same moment; look again`;
    throw new Failure('schedule.foreign', message, {}, { cause: error });
  }
}

/** The client turns a refusal of the times by the server, which has its own list of time zones, into a TypeError. */
async function refuseBadSpec(id: string, send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = `the Temporal server refuses the times of "${id}": ${error.message}`;
    throw new Failure('backups.invalid', message, {}, { cause: error });
  }
}

function toScheduleOptions(desired: DesiredSchedule, file: string): ScheduleOptions {
  const { id, set, part, timing, paused } = desired;
  return {
    scheduleId: id,
    spec: toScheduleSpec(timing),
    action: toAction(desired),
    policies: toPolicies(desired),
    memo: { [MEMO_KEY]: { set, part } },
    state: paused === true ? { paused, note: toPauseNote(file) } : {},
  };
}

function toUpdateOptions(
  desired: DesiredSchedule,
  { previous, file }: { previous: ScheduleDescription; file: string },
): ScheduleUpdateOptions {
  const { skip, startAt, endAt } = previous.spec;
  const { paused } = desired;
  const isSwitched = paused !== undefined && paused !== previous.state.paused;
  return {
    spec: {
      ...toScheduleSpec(desired.timing),
      ...(skip === undefined ? {} : { skip }),
      ...(startAt === undefined ? {} : { startAt }),
      ...(endAt === undefined ? {} : { endAt }),
    },
    action: { ...previous.action, ...toAction(desired), memo: { ...previous.action.memo, ...toMemo(desired) } },
    policies: toPolicies(desired),
    state: { ...previous.state, ...(isSwitched ? { paused, note: paused ? toPauseNote(file) : '' } : {}) },
  };
}

const toPauseNote = (file: string): string => `paused by ${file}`;

function toAction(desired: DesiredSchedule) {
  const { workflowType, taskQueue, workflowId, input, summary } = desired.shape;
  const args = [input];
  const memo = toMemo(desired);
  return { type: 'startWorkflow', workflowType, taskQueue, workflowId, args, staticSummary: summary, memo } as const;
}

/** The schedule's own memo cannot be updated, that of its runs can (temporalio/temporal#8581). */
function toMemo({ set, part, digest, shape }: DesiredSchedule): Record<string, unknown> {
  return { [MEMO_KEY]: { set, part, digest, watch: shape.watch } };
}

function toPolicies({ timing }: DesiredSchedule) {
  return { overlap: 'SKIP', catchupWindow: timing.windowMs, pauseOnFailure: timing.pauseOnFailure } as const;
}
