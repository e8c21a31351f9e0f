import { formatDuration } from '../quantities.ts';
import type { ArchiveOverview } from './archive.ts';
import type { ArchiveStatus, BackupObjective, Trouble } from './set-status.ts';

interface ArchiveQuestion {
  archive: ArchiveOverview;
  objective: BackupObjective;
  nowMs: number;
}

/** So many ticks may be missed, and so long one may take, before the archive is behind. */
const MISSED_TICKS = 3;
const TICK_MS = 600_000;

/** How the archived WALs of a set are: gaps of the window, and whether the archive goes on. */
export function judgeArchive({ archive, objective, nowMs }: ArchiveQuestion): {
  status: ArchiveStatus;
  troubles: Trouble[];
} {
  const { spans, windowMs, lastTickAt, wals, bytes, tables } = archive;
  const gaps = findGaps(archive, nowMs);
  const coveredToMs = spans.at(-1)?.toMs;
  const status: ArchiveStatus = {
    ...(lastTickAt === undefined ? {} : { lastTickAt }),
    ...(coveredToMs === undefined ? {} : { coveredToMs }),
    windowMs,
    gaps: gaps.length,
    wals,
    bytes,
    tables: tables.map(({ table, intervals }) => ({
      table,
      intervals: intervals.map(({ fromMs, toMs, endsBy }) => ({ fromMs, toMs, endsBy })),
    })),
  };
  const troubles = [
    ...gaps,
    ...judgeTick({ archive, objective, nowMs }),
    ...judgeTables(archive),
    ...toDamage(archive),
  ];
  return { status, troubles };
}

/** Between two stretches; told by the end of the first one, which never changes. */
function findGaps({ spans, windowMs }: ArchiveOverview, nowMs: number): Trouble[] {
  return spans.slice(0, -1).flatMap(({ toMs, endsBy }, index): Trouble[] => {
    const nextMs = spans[index + 1]?.fromMs ?? toMs;
    if (nextMs < nowMs - windowMs) return [];
    const message = `a gap in the WALs: no instant between ${toIso(toMs)} and ${toIso(nextMs)} can be restored; ${endsBy}`;
    return [{ kind: 'wal-gap', subject: toIso(toMs), level: 'critical', message }];
  });
}

function judgeTick({ archive: { lastTickAt }, objective: { archiveEveryMs }, nowMs }: ArchiveQuestion): Trouble[] {
  if (archiveEveryMs === undefined) return [];
  const about = { kind: 'wal-behind', level: 'critical' } as const;
  if (lastTickAt === undefined) return [{ ...about, message: 'no WAL was archived yet' }];
  const ageMs = nowMs - Date.parse(lastTickAt);
  if (ageMs <= MISSED_TICKS * archiveEveryMs + TICK_MS) return [];
  const message = `WALs were last archived ${formatDuration(ageMs)} ago, and should be every ${formatDuration(archiveEveryMs)}`;
  return [{ ...about, message }];
}

/** The archive goes on, and a table cannot be brought to its end: it waits for a new base. */
function judgeTables({ tables, spans }: ArchiveOverview): Trouble[] {
  const endMs = spans.at(-1)?.toMs;
  if (endMs === undefined) return [];
  return tables.flatMap(({ table, intervals }): Trouble[] => {
    const last = intervals.at(-1);
    if (last !== undefined && last.toMs >= endMs) return [];
    const why = last === undefined ? 'no backup leads into its WALs' : last.endsBy;
    const message = `${table} cannot be restored to ${toIso(endMs)}: ${why}`;
    return [{ kind: 'wal-gap', subject: table, level: 'warn', message }];
  });
}

function toDamage({ damaged }: ArchiveOverview): Trouble[] {
  return damaged.map(({ path, why }) => {
    return { kind: 'damaged', subject: path, level: 'critical', message: `${path} is damaged: ${why}` } as const;
  });
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
