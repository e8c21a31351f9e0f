import { resolve } from 'node:path';
import type { Inventory } from '../../activities/inventory/inventory.ts';
import {
  type FileKind,
  parseConfigFile,
  readConfigFile,
  refuseConfigFile,
} from '../../activities/inventory/config-file.ts';
import { REMIND_MS } from '../../workflows/contract/backup/requests/watch-backups.ts';
import { BACKUPS_FIELDS, backupsSchema, type SetInput } from './backups-schema.ts';
import { checkBackups } from './check-backups.ts';
import { DEFAULT_WINDOW_MS, type Timing } from './timing.ts';
import { toTiming } from './to-timing.ts';

/** `backups.yaml`, loaded: what is backed up when, how long it stays, and how often it is proven. */
export interface BackupsFile {
  file: string;
  taskQueue?: string;
  sets: BackupSet[];
}

export interface BackupSet extends Pick<SetInput, 'cluster' | 'tables' | 'root' | 'tags' | 'copy'> {
  name: string;
  schedule: Timing;
  /** Undefined: however it is on the server. */
  paused?: boolean | undefined;
  owner?: string | undefined;
  digests: boolean;
  allowOtherCluster?: boolean | undefined;
  /** Rules of retention with the timing of what applies them. */
  expiry?: { keep: NonNullable<SetInput['keep']>; timing: Timing };
  drill?: { on: string; timing: Timing };
  archive?: { windowMs: number; timing: Timing };
  objective?: { rpoMs?: number; provenMs?: number };
  /** Who is told, and how often it is looked. `to` are names of the clusters file (hazard 32). */
  watch?: { to: string[]; remindMs: number; timing: Timing };
}

const BACKUPS_FILE: FileKind<typeof backupsSchema> = {
  what: 'backups file',
  code: 'backups.invalid',
  schema: backupsSchema,
  knownFields: BACKUPS_FIELDS,
  secretFix: 'Name the alert target here, and describe it in the clusters file.',
  example: `sets:
  nightly:
    cluster: old
    tables: [orders, 'shop:*']
    root: backups
    schedule: { cron: '0 3 * * *', timezone: Europe/Berlin }
    keep: { last: 7, daily: 14, weekly: 8, monthly: 12 }
    drill: { every: 7d, on: new }
    objective: { rpo: 26h, proven: 14d }
`,
};

interface Surroundings {
  /** For times that lie in the past. */
  nowMs: number;
  inventory?: Inventory | undefined;
}

/** @throws Failure `backups.invalid` with every problem at once, each with file, line, column, value and rule. */
export function loadBackupsFile(file: string, surroundings: Surroundings): BackupsFile {
  const path = resolve(file);
  return parseBackupsFile(readConfigFile(BACKUPS_FILE, path), { ...surroundings, file: path });
}

export function parseBackupsFile(text: string, { file, ...rest }: Surroundings & { file: string }): BackupsFile {
  const { data, source } = parseConfigFile(BACKUPS_FILE, { file, text });
  const problems = checkBackups({ input: data, source, ...rest });
  if (problems.length > 0) throw refuseConfigFile(BACKUPS_FILE, { file, problems });
  const sets = Object.entries(data.sets).map(([name, input]) => toBackupSet(name, input));
  return { file, ...(data.taskQueue === undefined ? {} : { taskQueue: data.taskQueue }), sets };
}

/** Noon UTC is seldom when backups run, and an expiry that meets one waits for it. */
const EXPIRY_TIMING: Timing = {
  calendars: [],
  intervals: [{ everyMs: 86_400_000, offsetMs: 43_200_000 }],
  timezone: 'UTC',
  jitterMs: 0,
  windowMs: DEFAULT_WINDOW_MS,
  pauseOnFailure: false,
};
const ARCHIVE_EVERY_MS = 900_000;
const WATCH_EVERY_MS = 600_000;

function toBackupSet(name: string, input: SetInput): BackupSet {
  const { schedule, expire, drill, keep, pointInTime, objective, alerts, ...asGiven } = input;
  const { timezone } = schedule;
  const inZone = timezone === undefined ? {} : { timezone };
  return {
    name,
    ...asGiven,
    // What a drill compares with: without digests it proves little.
    digests: input.digests ?? drill !== undefined,
    schedule: toTiming(schedule),
    ...(keep && {
      expiry: { keep: { ...inZone, ...keep }, timing: expire ? toTiming(expire, inZone) : EXPIRY_TIMING },
    }),
    ...(drill && { drill: { on: drill.on ?? input.cluster, timing: toTiming(drill, inZone) } }),
    ...(pointInTime && { archive: toArchive(pointInTime) }),
    ...(objective && { objective: toObjective(objective) }),
    ...(alerts && { watch: toWatch(alerts) }),
  };
}

function toArchive({ window, every = ARCHIVE_EVERY_MS }: NonNullable<SetInput['pointInTime']>) {
  return { windowMs: window, timing: { ...EXPIRY_TIMING, intervals: [{ everyMs: every, offsetMs: 0 }] } };
}

function toWatch({ to = [], every = WATCH_EVERY_MS, remind = REMIND_MS }: NonNullable<SetInput['alerts']>) {
  return { to, remindMs: remind, timing: { ...EXPIRY_TIMING, intervals: [{ everyMs: every, offsetMs: 0 }] } };
}

function toObjective({ rpo, proven }: NonNullable<SetInput['objective']>): { rpoMs?: number; provenMs?: number } {
  return { ...(rpo === undefined ? {} : { rpoMs: rpo }), ...(proven === undefined ? {} : { provenMs: proven }) };
}
