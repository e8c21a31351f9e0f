import type { Calendar } from './calendar.ts';
import type { Timing } from './timing.ts';

const DAY_MS = 86_400_000;
/** Leap days are up to eight years apart (1896, 1904; 2096, 2104). */
const HORIZON_DAYS = 8 * 366;
const ENOUGH = 10_000;

/** Gaps between two runs, by the wall clock: a change of daylight saving time is not counted. */
export interface Gaps {
  leastMs: number;
  mostMs: number;
}

/** Undefined when it fires at most once. */
export function measureGaps({ calendars, intervals }: Timing, nowMs: number): Gaps | undefined {
  const [interval] = intervals;
  if (interval !== undefined) return { leastMs: interval.everyMs, mostMs: interval.everyMs };
  const firings = listFirings(calendars, { fromMs: nowMs, days: HORIZON_DAYS });
  if (firings.length < 2) return undefined;
  const gaps = firings.slice(1).map((firing, index) => firing - (firings[index] ?? 0));
  return { leastMs: gaps.reduce((a, b) => Math.min(a, b)), mostMs: gaps.reduce((a, b) => Math.max(a, b)) };
}

/** From the day of `fromMs` on, in milliseconds of a clock without daylight saving time; not more than ten thousand. */
function listFirings(calendars: Calendar[], { fromMs, days }: { fromMs: number; days: number }): number[] {
  const firstDay = Math.floor(fromMs / DAY_MS);
  const times = calendars.map(listTimesOfDay);
  const firings: number[] = [];
  for (let day = firstDay; day < firstDay + days && firings.length < ENOUGH; day += 1) {
    const ofDay = times.flatMap((list, index) => (matchesDay(calendars[index], day) ? list : []));
    firings.push(...[...new Set(ofDay)].sort((a, b) => a - b).map((ms) => day * DAY_MS + ms));
  }
  return firings;
}

function listTimesOfDay({ hour, minute, second }: Calendar): number[] {
  const seconds = (h: number, m: number) => second.map((s) => (h * 3_600 + m * 60 + s) * 1_000);
  return hour.flatMap((h) => minute.flatMap((m) => seconds(h, m)));
}

function matchesDay(calendar: Calendar | undefined, day: number): boolean {
  const date = new Date(day * DAY_MS);
  return (
    calendar !== undefined &&
    calendar.dayOfMonth.includes(date.getUTCDate()) &&
    calendar.month.includes(date.getUTCMonth() + 1) &&
    calendar.dayOfWeek.includes(date.getUTCDay()) &&
    (calendar.year.length === 0 || calendar.year.includes(date.getUTCFullYear()))
  );
}

/**
 * Runs of the coming year that do not happen since their time of day is skipped when daylight saving time begins:
 * Temporal matches the clock literally. As `2027-03-28 02:00`.
 */
export function listSkippedRuns({ calendars, timezone }: Timing, nowMs: number): string[] {
  const offsetAt = createOffsetReader(timezone);
  const days = Array.from({ length: 370 }, (_, index) => (Math.floor(nowMs / DAY_MS) + index) * DAY_MS);
  return days
    .filter((ms) => offsetAt(ms - DAY_MS) < offsetAt(ms + 2 * DAY_MS))
    .flatMap((ms) => listFirings(calendars, { fromMs: ms, days: 1 }))
    .filter((wallMs) => !isOnClock(wallMs, offsetAt))
    .map((wallMs) => new Date(wallMs).toISOString().slice(0, 16).replace('T', ' '));
}

function isOnClock(wallMs: number, offsetAt: (utcMs: number) => number): boolean {
  const offsets = [offsetAt(wallMs - DAY_MS), offsetAt(wallMs + DAY_MS)];
  return offsets.some((offset) => offsetAt(wallMs - offset) === offset);
}

/** Wall clock less UTC, in milliseconds. */
function createOffsetReader(timezone: string): (utcMs: number) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (utcMs) => {
    const parts = Object.fromEntries(format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utcMs / 1_000) * 1_000;
  };
}
