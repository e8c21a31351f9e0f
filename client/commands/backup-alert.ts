import { userInfo } from 'node:os';
import { buildRouteMap } from '@stricli/core';
import { Failure } from '../../activities/failure.ts';
import { toScheduleId } from '../../workflows/contract/backup/schedule-parts.ts';
import { BackupClient } from '../backup-client.ts';
import { type ConnectedClient, requireWorker } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { defineCommand } from '../define-command.ts';
import { readSchedule } from '../schedules/live-schedules.ts';

interface TestFlags {
  set?: string;
}

/** Somebody did not get the message. */
const UNDELIVERED = 16;

const testCommand = defineCommand<TestFlags>({
  brief: 'Send a test message to an alert target of the clusters file, or to those of a set',
  examples: ['temporal-hbase backup alert test on-call', 'temporal-hbase backup alert test --set nightly'],
  flags: {
    set: { kind: 'parsed', parse: String, brief: 'To whom alerts of this set go', placeholder: 'set', optional: true },
  },
  arguments: [{ placeholder: 'target', brief: 'Alert target of the clusters file', optional: true }],
  async run({ flags: { set, ...flags }, arguments: [target], context, output }) {
    if ((target === undefined) === (set === undefined)) {
      throw new Failure('request.invalid', 'Name either an alert target, or a set by --set.');
    }
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const targets = target === undefined ? await readTargets(connected, set ?? '') : [target];
    const client = new BackupClient({ client: connected.client, taskQueue: connected.target.taskQueue });
    const about = set === undefined ? {} : { set };
    const deliveries = await client.testAlert({ targets, by: userInfo().username, ...about });
    output.document(deliveries);
    for (const { target: to, delivered, why = '' } of deliveries) {
      output.line(delivered ? `${to}: delivered` : `${to}: NOT DELIVERED: ${why}`);
    }
    return deliveries.every(({ delivered }) => delivered) ? 0 : UNDELIVERED;
  },
});

/** Of the schedule that watches the set, as it is on the server. */
async function readTargets({ client }: ConnectedClient, set: string): Promise<string[]> {
  const id = toScheduleId('watch', set);
  const schedule = await readSchedule(client, id);
  if (schedule === undefined) {
    const advice = 'give the set "alerts" in the backups file and apply it';
    throw new Failure('schedule.unknown', `nobody watches the set "${set}": there is no schedule "${id}"; ${advice}`);
  }
  const { sets } = schedule.shape.input as { sets?: { set?: string; to?: string[] }[] };
  const targets = (sets ?? []).flatMap((watched) => watched.to ?? []);
  if (targets.length > 0) return [...new Set(targets)];
  throw new Failure('request.invalid', `alerts of the set "${set}" go to nobody: it has no "alerts.to".`);
}

export const backupAlertRoutes = buildRouteMap<string, AppContext>({
  routes: { test: testCommand },
  docs: { brief: 'Alerts about backups' },
});
