import type { FlagParametersForType } from '@stricli/core';
import { Failure } from '../../activities/failure.ts';
import { parseDuration } from '../../workflows/contract/requests/duration.ts';
import { BackupClient } from '../backup-client.ts';
import { type BackupObjective, judgeSet, type SetStatus, worstLevel } from '../backup-status.ts';
import { type ConnectedClient, requireWorker } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { type CommandCall, defineCommand } from '../define-command.ts';
import { formatNagios, formatSetStatus } from '../render/backup-status.ts';
import { loadBackupsFile } from '../schedules/backups-file.ts';
import { toScheduleId } from '../schedules/desired-schedules.ts';
import { readSchedule } from '../schedules/live-schedules.ts';

interface StatusFlags {
  cluster?: string;
  root?: string;
  set?: string;
  rpo?: string;
  proven?: string;
  nagios?: boolean;
}

const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;

const FLAGS: FlagParametersForType<StatusFlags, AppContext> = {
  cluster: text('Cluster whose gateway reads the root', 'cluster'),
  root: text('Storage root of the clusters file', 'root'),
  set: text('Only this set', 'set'),
  rpo: text('Objective: age of the last complete backup', '26h'),
  proven: text('Objective: age of the last proof', '14d'),
  nagios: {
    kind: 'boolean',
    brief: 'One line with performance data; exit 0, 1 or 2',
    optional: true,
    withNegated: false,
  },
};

const NAGIOS_EXIT = { ok: 0, warn: 1, critical: 2 } as const;

/** A root, and what is expected of the sets in it. */
interface Place {
  cluster: string;
  root: string;
  /** Without, every set that the root holds. */
  sets?: { set: string; objective: BackupObjective }[];
  objective: BackupObjective;
}

export const backupStatusCommand = defineCommand<StatusFlags>({
  brief: 'Say of each set what could be restored, how old it is, and when that was last proven',
  examples: [
    'temporal-hbase backup status backups.yaml',
    'temporal-hbase backup status --cluster old --root backups --rpo 26h --proven 14d --nagios',
  ],
  flags: FLAGS,
  arguments: [{ placeholder: 'backups-file', brief: 'Its sets, with their objectives', optional: true }],
  run: showStatus,
});

async function showStatus(call: CommandCall<StatusFlags>): Promise<number> {
  const { flags, context, output } = call;
  const places = readPlaces(call);
  await using connected = await context.connect(flags);
  await requireWorker(connected);
  const sets: SetStatus[] = [];
  for (const place of places) sets.push(...(await judgePlace(place, { connected, call })));
  output.document(sets);
  if (flags.nagios === true) output.line(formatNagios(sets));
  else for (const line of sets.flatMap(formatSetStatus)) output.line(line);
  const level = worstLevel(sets);
  return flags.nagios === true ? NAGIOS_EXIT[level] : Math.min(NAGIOS_EXIT[level], 1);
}

async function judgePlace(
  { cluster, root, sets, objective }: Place,
  { connected, call: { flags, context } }: { connected: ConnectedClient; call: CommandCall<StatusFlags> },
): Promise<SetStatus[]> {
  const client = new BackupClient({ client: connected.client, taskQueue: connected.target.taskQueue });
  const catalogue = await client.listBackups({ cluster, root });
  const found = [...new Set(catalogue.backups.map(({ set }) => set))].toSorted().map((set) => ({ set, objective }));
  const wanted = (sets ?? found).filter(({ set }) => flags.set === undefined || set === flags.set);
  return Promise.all(
    wanted.map(async ({ set, objective: expected }) => {
      const schedule = await readSchedule(connected.client, toScheduleId('backup', set));
      const [next] = schedule?.description.info.nextActionTimes ?? [];
      const nextRun = next === undefined ? {} : { nextRunAt: next.toISOString() };
      return judgeSet({ set, catalogue, objective: expected, ...nextRun, nowMs: context.nowMs() });
    }),
  );
}

function readPlaces({ flags, arguments: [file], context }: CommandCall<StatusFlags>): Place[] {
  if (file === undefined) return [readPlace(flags)];
  const { sets } = loadBackupsFile(file, { nowMs: context.nowMs() });
  const places = new Map<string, Place>();
  for (const { name, cluster, root, objective = {} } of sets) {
    const key = `${cluster} ${root}`;
    const place = places.get(key) ?? { cluster, root, sets: [], objective: {} };
    place.sets?.push({ set: name, objective });
    places.set(key, place);
  }
  return [...places.values()];
}

function readPlace({ cluster, root, rpo, proven }: StatusFlags): Place {
  if (cluster === undefined || root === undefined) {
    throw new Failure('request.invalid', 'Name a backups file, or --cluster and --root.');
  }
  const objective: BackupObjective = {
    ...(rpo === undefined ? {} : { rpoMs: toMs('--rpo', rpo) }),
    ...(proven === undefined ? {} : { provenMs: toMs('--proven', proven) }),
  };
  return { cluster, root, objective };
}

function toMs(flag: string, given: string): number {
  const ms = parseDuration(given);
  if (ms !== undefined) return ms;
  throw new Failure('request.invalid', `${flag} ${JSON.stringify(given)} is no duration, such as 26h or 14d.`);
}
