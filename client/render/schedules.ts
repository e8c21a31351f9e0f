import { describeEnd } from '../schedules/end-archive.ts';
import type { ScheduleChange, ScheduleDifference } from '../schedules/diff-schedules.ts';
import type { LiveSchedule } from '../schedules/live-schedules.ts';
import { formatColumns } from './columns.ts';

/** What `apply` does or would do, one line a schedule, and a line for each field that changes. */
export function formatDifference({ changes }: ScheduleDifference): string[] {
  const heads = formatColumns(changes.map((change) => [change.action, change.id, toRemark(change)]));
  return changes.flatMap((change, index) => [
    heads[index] ?? '',
    ...(change.action === 'update' ? change.fields.map((field) => `    ${field}`) : []),
    ...('endsArchive' in change ? [`    ${toArchiveRemark(change)}`] : []),
  ]);
}

/** Without a tick that rotates it, a holder keeps WALs for ever: nobody agrees to the one and misses the other. */
function toArchiveRemark({ action, endsArchive }: Extract<ScheduleChange, { endsArchive?: unknown }>): string {
  if (endsArchive === undefined) return '';
  return action === 'left' ? `--prune also ${describeEnd(endsArchive)}` : describeEnd(endsArchive);
}

function toRemark(change: ScheduleChange): string {
  switch (change.action) {
    case 'create':
      return `${formatWhen(change.desired.shape)}${change.desired.paused === true ? ', paused' : ''}`;
    case 'update':
      return change.editedOutside ? 'was changed outside the file' : '';
    case 'unchanged':
      return change.paused ? `stays paused: ${change.note || 'without a note'}` : '';
    case 'delete':
      return 'not in the file; backups stay in their root';
    case 'left':
    default:
      return 'not in the file; --prune deletes it';
  }
}

/** `0 2 * * * Europe/Berlin`; intervals know no time zone. */
export function formatWhen({ times, timezone }: { times: string[]; timezone: string }): string {
  const zone = times.some((time) => !time.startsWith('every')) ? ` ${timezone}` : '';
  return `${times.join(' and ') || 'never'}${zone}`;
}

/** `2 to create, 1 to update`; undefined when the server is as the file says. */
export function countChanges({ changes }: ScheduleDifference): string | undefined {
  const counts = (['create', 'update', 'delete'] as const).map((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return count > 0 ? `${count} to ${action}` : '';
  });
  return counts.filter(Boolean).join(', ') || undefined;
}

/** One schedule for a list: when it runs next and ran last, and runs that did not happen. */
export interface ListedSchedule {
  id: string;
  set: string;
  part: string;
  when: string;
  paused: boolean;
  note: string;
  next?: string;
  last?: { workflowId: string; at: string };
  running: string[];
  /** Runs that were not started since Temporal was down for longer than the catch-up window. */
  missed: number;
  /** Runs that were not started since the one before was under way. */
  skipped: number;
  uiLink: string;
}

export function toListedSchedule({ id, mark, shape, paused, note, description }: LiveSchedule, uiLink: string) {
  const { info } = description;
  const last = info.recentActions.at(-1);
  const [next] = paused ? [] : info.nextActionTimes;
  const listed: ListedSchedule = {
    id,
    set: mark?.set ?? '',
    part: mark?.part ?? '',
    when: formatWhen(shape),
    paused,
    note,
    ...(next === undefined ? {} : { next: next.toISOString() }),
    ...(last === undefined
      ? {}
      : { last: { workflowId: last.action.workflow.workflowId, at: last.takenAt.toISOString() } }),
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    missed: info.numActionsMissedCatchupWindow,
    skipped: info.numActionsSkippedOverlap,
    uiLink,
  };
  return listed;
}

export function formatSchedules(schedules: ListedSchedule[]): string[] {
  const rows = schedules.map(({ set, part, when, paused, note, next, last, running, missed, skipped }) => [
    set,
    part,
    when,
    paused ? `PAUSED${note ? `: ${note}` : ''}` : `next ${next ?? 'never'}`,
    running.length > 0 ? `runs: ${running.join(', ')}` : `last ${last?.at ?? 'never'}`,
    [missed > 0 ? `missed ${missed}` : '', skipped > 0 ? `skipped ${skipped}` : ''].filter(Boolean).join(', '),
  ]);
  return formatColumns(rows);
}
