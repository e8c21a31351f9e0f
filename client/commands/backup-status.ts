import { writeFile } from 'node:fs/promises';
import type { FlagParametersForType } from '@stricli/core';
import { Failure } from '../../activities/failure.ts';
import { parseDuration } from '../../workflows/contract/requests/duration.ts';
import { worstLevel } from '../../workflows/contract/backup/judge-set.ts';
import type { BackupObjective } from '../../workflows/contract/backup/set-status.ts';
import { requireWorker } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { type CommandCall, defineCommand } from '../define-command.ts';
import { readBackupPage, readSetStatuses, type StatusPlace } from '../read-set-statuses.ts';
import { renderBackupPage } from '../render/backup-page.ts';
import { formatNagios, formatSetStatus } from '../render/backup-status.ts';
import { loadBackupsFile } from '../schedules/backups-file.ts';

interface StatusFlags {
  cluster?: string;
  root?: string;
  set?: string;
  rpo?: string;
  proven?: string;
  nagios?: boolean;
  html?: string;
}

const text = (brief: string, placeholder: string) =>
  ({ kind: 'parsed', parse: String, brief, placeholder, optional: true }) as const;

const FLAGS: FlagParametersForType<StatusFlags, AppContext> = {
  cluster: text('Cluster whose gateway reads the root', 'cluster'),
  root: text('Storage root of the clusters file', 'root'),
  set: text('Only this set', 'set'),
  rpo: text('Objective: age of the last complete backup', '26h'),
  proven: text('Objective: age of the last proof', '14d'),
  html: text('Also write a page with a calendar of backups and drills', 'file'),
  nagios: {
    kind: 'boolean',
    brief: 'One line with performance data; exit 0, 1 or 2',
    optional: true,
    withNegated: false,
  },
};

const NAGIOS_EXIT = { ok: 0, warn: 1, critical: 2 } as const;

export const backupStatusCommand = defineCommand<StatusFlags>({
  brief: 'Say of each set what could be restored, how old it is, and when that was last proven',
  examples: [
    'temporal-hbase backup status backups.yaml',
    'temporal-hbase backup status backups.yaml --html backups.html',
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
  const found = await readSetStatuses(connected, { places, only: flags.set, nowMs: context.nowMs() });
  const sets = found.map(({ status }) => status);
  output.document(sets);
  if (flags.nagios === true) output.line(formatNagios(sets));
  else for (const line of sets.flatMap(formatSetStatus)) output.line(line);
  if (flags.html !== undefined) {
    const page = await readBackupPage(connected, { found, nowMs: context.nowMs() });
    await writeFile(flags.html, renderBackupPage(page));
    output.note(`page: ${flags.html}`);
  }
  const level = worstLevel(sets);
  return flags.nagios === true ? NAGIOS_EXIT[level] : Math.min(NAGIOS_EXIT[level], 1);
}

function readPlaces({ flags, arguments: [file], context }: CommandCall<StatusFlags>): StatusPlace[] {
  if (file === undefined) return [readPlace(flags)];
  const { sets } = loadBackupsFile(file, { nowMs: context.nowMs() });
  const places = new Map<string, StatusPlace>();
  for (const { name, cluster, root, objective, archive } of sets) {
    const everyMs = archive?.timing.intervals[0]?.everyMs;
    const key = `${cluster} ${root}`;
    const place = places.get(key) ?? { cluster, root, sets: [], objective: {} };
    place.sets?.push({
      set: name,
      objective: { ...objective, ...(everyMs === undefined ? {} : { archiveEveryMs: everyMs }) },
    });
    places.set(key, place);
  }
  return [...places.values()];
}

function readPlace({ cluster, root, rpo, proven }: StatusFlags): StatusPlace {
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
