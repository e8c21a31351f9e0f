import { userInfo } from 'node:os';
import { buildRouteMap, type FlagParametersForType } from '@stricli/core';
import type { ScheduleHandle } from '@temporalio/client';
import { confirm } from '../confirm.ts';
import { requireWorker, toScheduleLink } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { defineCommand, type CommandCall } from '../define-command.ts';
import { formatSchedules, toListedSchedule } from '../render/schedules.ts';
import { PART_NAMES, type SchedulePart } from '../../workflows/contract/backup/schedule-parts.ts';
import { describeEnd, findEndedArchive } from '../schedules/end-archive.ts';
import { listOwnSchedules } from '../schedules/live-schedules.ts';
import { changeSchedules, deleteSchedule, selectSchedules, triggerSchedule } from '../schedules/operate-schedules.ts';
import { applyCommand } from './backup-schedule-apply.ts';

interface SelectionFlags {
  only?: SchedulePart;
}

const ONLY: FlagParametersForType<SelectionFlags, AppContext> = {
  only: { kind: 'enum', values: PART_NAMES, brief: 'Only this schedule of the set', optional: true },
};
const SET = { placeholder: 'set', brief: 'A set of the backups file' };

const listCommand = defineCommand<object>({
  brief: 'List the schedules: when they run next, ran last, and what they missed',
  examples: ['temporal-hbase backup schedule list', 'temporal-hbase backup schedule list --json'],
  flags: {},
  async run({ flags, context, output }) {
    await using connected = await context.connect(flags);
    const live = await listOwnSchedules(connected.client);
    const listed = live.map((schedule) => toListedSchedule(schedule, toScheduleLink(connected.target, schedule.id)));
    output.document(listed);
    for (const line of formatSchedules(listed)) output.line(line);
    if (listed.length === 0) output.line('no schedule yet: temporal-hbase backup schedule apply backups.yaml');
  },
});

interface ReasonFlags extends SelectionFlags {
  reason?: string;
}

const REASON = { kind: 'parsed', parse: String, brief: 'Why', placeholder: 'text', optional: true } as const;

const toNote = (what: string, { reason }: ReasonFlags): string =>
  `${what} by ${userInfo().username}${reason === undefined ? '' : `: ${reason}`}`;

const pauseCommand = defineCommand<ReasonFlags>({
  brief: 'Start no further run of a set; what runs goes on, and `apply` keeps the pause',
  examples: [
    'temporal-hbase backup schedule pause nightly --reason "moving the root"',
    'temporal-hbase backup schedule pause nightly --only expiry',
  ],
  flags: { ...ONLY, reason: REASON },
  arguments: [SET],
  run: (call) => changeSet(call, { done: 'paused', change: (handle) => handle.pause(toNote('paused', call.flags)) }),
});

const resumeCommand = defineCommand<ReasonFlags>({
  brief: 'Let a paused set run again at its next time',
  examples: ['temporal-hbase backup schedule resume nightly'],
  flags: { ...ONLY, reason: REASON },
  arguments: [SET],
  run: (call) =>
    changeSet(call, { done: 'resumed', change: (handle) => handle.unpause(toNote('resumed', call.flags)) }),
});

async function changeSet<Flags extends SelectionFlags>(
  { flags, arguments: [set = ''], context, output }: CommandCall<Flags>,
  { done, change }: { done: string; change: (handle: ScheduleHandle) => Promise<void> },
): Promise<void> {
  await using connected = await context.connect(flags);
  const changed = await changeSchedules(connected.client, { selection: { set, part: flags.only }, change });
  output.document({ [done]: changed.map(({ id }) => id) });
  for (const { id } of changed) output.line(`${done} ${id}`);
}

const runCommand = defineCommand<SelectionFlags>({
  brief: 'Run a backup of a set now, or its expiry or drill with --only',
  examples: ['temporal-hbase backup schedule run nightly', 'temporal-hbase backup schedule run nightly --only drill'],
  flags: ONLY,
  arguments: [SET],
  async run({ flags, arguments: [set = ''], context, output }) {
    await using connected = await context.connect(flags);
    const { client, target } = connected;
    const [schedule] = await selectSchedules(client, { set, part: flags.only ?? 'backup' });
    if (schedule === undefined) return;
    await requireWorker({ ...connected, target: { ...target, taskQueue: schedule.shape.taskQueue } });
    await triggerSchedule(client, schedule);
    const uiLink = toScheduleLink(target, schedule.id);
    output.document({ triggered: schedule.id, uiLink });
    output.line(`triggered ${schedule.id}`);
    output.note(`  web: ${uiLink}`);
  },
});

const deleteCommand = defineCommand<SelectionFlags & { yes?: boolean }>({
  brief: 'Delete the schedules of a set; its backups stay in their root',
  examples: ['temporal-hbase backup schedule delete nightly', 'temporal-hbase backup schedule delete nightly --yes'],
  flags: { ...ONLY, yes: { kind: 'boolean', brief: 'Do not ask', optional: true, withNegated: false } },
  arguments: [SET],
  async run(call) {
    const {
      flags,
      arguments: [set = ''],
      context,
      output,
    } = call;
    await using connected = await context.connect(flags);
    const selected = await selectSchedules(connected.client, { set, part: flags.only });
    for (const live of selected) {
      const ended = findEndedArchive(live);
      output.note(`deletes ${live.id}${ended === undefined ? '' : `, and ${describeEnd(ended)}`}`);
    }
    const isAgreed = await confirm(context, { question: 'Delete?', isAgreed: flags.yes === true });
    if (!isAgreed) {
      output.note('nothing was deleted');
      return 1;
    }
    // From here on Ctrl-C ends no deletion half-way.
    const patience = { onWait: (what: string) => output.note(what), interrupted: context.interrupted };
    for (const live of selected) await deleteSchedule(connected.client, { live, patience });
    output.document({ deleted: selected.map(({ id }) => id) });
    for (const { id } of selected) output.line(`deleted ${id}`);
    return 0;
  },
});

export const backupScheduleRoutes = buildRouteMap<string, AppContext>({
  routes: {
    apply: applyCommand,
    list: listCommand,
    pause: pauseCommand,
    resume: resumeCommand,
    run: runCommand,
    delete: deleteCommand,
  },
  docs: { brief: 'Temporal Schedules of backups, expiry, drills and WAL archiving, from one file' },
});
