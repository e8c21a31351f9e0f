import type { AuditEntry } from '../../workflows/contract/backup/audit.ts';

/** What a day of the calendar shows, each by a shape of its own and by words: never by its colour alone. */
export const MARKS = {
  complete: { shape: '●', words: 'complete backup' },
  partial: { shape: '◐', words: 'partial backup' },
  damaged: { shape: '✕', words: 'backup found damaged' },
  expired: { shape: '○', words: 'backup that has expired' },
  proven: { shape: '✓', words: 'drill that proved a restore' },
  different: { shape: '≠', words: 'drill that found a difference' },
  restored: { shape: '↺', words: 'restore' },
} as const;
export type Mark = keyof typeof MARKS;

export interface CalendarDay {
  /** `2026-11-21`, UTC. */
  date: string;
  /** After today. */
  isFuture: boolean;
  /** How often, in the order of `MARKS`. */
  marks: { mark: Mark; count: number }[];
}

interface CalendarQuestion {
  set: string;
  entries: readonly AuditEntry[];
  /** Ids of backups that the newest look found damaged. */
  damaged: ReadonlySet<string>;
  nowMs: number;
  /** @default 13 */
  weeks?: number;
}

const DAY_MS = 86_400_000;

/** Weeks from Monday to Sunday, oldest first; the last one holds today. Days are UTC. */
export function toCalendar({ weeks = 13, ...question }: CalendarQuestion): CalendarDay[][] {
  const today = Math.floor(question.nowMs / DAY_MS);
  // 1970-01-01 was a Thursday.
  const monday = today - ((today + 3) % 7);
  const first = monday - 7 * (weeks - 1);
  const dated = toDatedMarks(question);
  const toDay = (day: number): CalendarDay => {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    return { date, isFuture: day > today, marks: count(dated.flatMap((one) => (one.date === date ? [one.mark] : []))) };
  };
  return Array.from({ length: weeks }, (_, week) =>
    Array.from({ length: 7 }, (_unused, weekday) => toDay(first + 7 * week + weekday)),
  );
}

interface DatedMark {
  date: string;
  mark: Mark;
}

function toDatedMarks({ set, entries, damaged }: Omit<CalendarQuestion, 'weeks' | 'nowMs'>): DatedMark[] {
  // A chain of exports may have the name of a set; its records are no backups.
  const ofSet = entries.filter(({ set: of, action }) => of === set && action !== 'export' && action !== 'import');
  const withRecord = new Set(ofSet.filter(({ action }) => action === 'backup').map(({ backup }) => backup));
  const gone = new Set(ofSet.map(({ backup }) => backup).filter((id) => !withRecord.has(id)));
  return [
    ...ofSet.flatMap((entry): DatedMark[] => {
      const mark = toMark(entry, damaged);
      return mark === undefined ? [] : [{ date: entry.at.slice(0, 10), mark }];
    }),
    ...[...gone].map((id): DatedMark => ({ date: toDate(id), mark: 'expired' })),
  ];
}

function toMark({ action, backup, bad }: AuditEntry, damaged: ReadonlySet<string>): Mark | undefined {
  if (action === 'backup') return damaged.has(backup) ? 'damaged' : bad === true ? 'partial' : 'complete';
  if (action === 'proof') return bad === true ? 'different' : 'proven';
  return action === 'restore' ? 'restored' : undefined;
}

/** A backup's id begins with its start, `20261121T071500Z`. */
function toDate(id: string): string {
  return id.replace(/^(\d{4})(\d\d)(\d\d)T.*$/, '$1-$2-$3');
}

function count(marks: readonly Mark[]): CalendarDay['marks'] {
  const names = Object.keys(MARKS) as Mark[];
  return names.flatMap((mark) => {
    const times = marks.filter((one) => one === mark).length;
    return times === 0 ? [] : [{ mark, count: times }];
  });
}

/** `2026-11-20, Friday: 2 × complete backup, drill that proved a restore`. */
export function describeDay({ date, marks }: CalendarDay): string {
  const weekday = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(Date.parse(date));
  const words = marks.map(({ mark, count: times }) => `${times > 1 ? `${times} × ` : ''}${MARKS[mark].words}`);
  return `${date}, ${weekday}: ${words.join(', ') || 'nothing'}`;
}
