import { worstLevel } from '../../workflows/contract/backup/judge-set.ts';
import type { ArchiveStatus, SetStatus } from '../../workflows/contract/backup/set-status.ts';
import { formatBytes, formatDuration } from './quantities.ts';

const WORDS = { ok: 'OK', warn: 'WARNING', critical: 'CRITICAL' } as const;

/** One line per fact, as Barman's `check` has them. */
export function formatSetStatus(status: SetStatus): string[] {
  const { set, level, lastComplete, lastProven, restoreMs, problems, backups, nextRunAt, objective, archive } = status;
  const { rpoMs, provenMs } = objective;
  return [
    `Set ${set}: ${WORDS[level]}`,
    `\tlast complete: ${lastComplete ? `${lastComplete.id}, ${formatDuration(lastComplete.ageMs)} ago` : 'none'}${formatObjective(rpoMs)}`,
    `\tlast proven: ${lastProven ? `${lastProven.id}, ${formatDuration(lastProven.ageMs)} ago` : 'never'}${formatObjective(provenMs)}`,
    `\trestore time: ${restoreMs === undefined ? 'not measured' : `${formatDuration(restoreMs)}, by the last drill`}`,
    ...(lastComplete
      ? [`\tsize: ${formatBytes(lastComplete.bytes)}, ${formatBytes(lastComplete.newBytes)} of it new`]
      : []),
    `\tbackups: ${backups}`,
    ...(archive === undefined ? [] : [`\tarchived WALs: ${formatArchive(archive)}`]),
    ...(nextRunAt === undefined ? [] : [`\tnext run: ${nextRunAt}`]),
    ...problems.map(({ level: how, message }) => `\t${WORDS[how]}: ${message}`),
  ];
}

export function formatArchive({ wals, bytes, gaps, lastTickAt, windowMs }: ArchiveStatus): string {
  const chain = gaps === 0 ? 'no gap' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`;
  const tick = lastTickAt === undefined ? 'never archived' : `last archived ${lastTickAt}`;
  return `${wals}, ${formatBytes(bytes)}; ${chain} in the window of ${formatDuration(windowMs)}; ${tick}`;
}

/** One line with performance data, for Nagios and what took over its format. */
export function formatNagios(sets: readonly SetStatus[]): string {
  const level = worstLevel(sets);
  const problems = sets.flatMap(({ set, problems: found }) => found.map(({ message }) => `${set}: ${message}`));
  const text = problems.length === 0 ? `${sets.length} sets` : problems.join('; ');
  const data = sets.flatMap(({ set, lastComplete, lastProven, restoreMs, archive }) => [
    ...(lastComplete ? [`'${set} age'=${seconds(lastComplete.ageMs)}s`, `'${set} bytes'=${lastComplete.bytes}B`] : []),
    ...(lastProven ? [`'${set} proven'=${seconds(lastProven.ageMs)}s`] : []),
    ...(restoreMs === undefined ? [] : [`'${set} restore'=${seconds(restoreMs)}s`]),
    ...(archive === undefined ? [] : [`'${set} gaps'=${archive.gaps}`]),
  ]);
  return `BACKUP ${WORDS[level]} - ${text.replaceAll('|', '/')} | ${data.join(' ')}`.trimEnd();
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}

export function formatObjective(objectiveMs: number | undefined): string {
  return objectiveMs === undefined ? '' : `, objective ${formatDuration(objectiveMs)}`;
}
