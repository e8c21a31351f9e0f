import type { ScheduleSpec } from '@temporalio/client';
import { formatCalendar, toCalendarSpec, type Calendar } from './calendar.ts';

/** When a schedule fires, with every default filled in. It has calendars or intervals, never both. */
export interface Timing {
  calendars: Calendar[];
  /** Counted from 1970-01-01T00:00Z. */
  intervals: { everyMs: number; offsetMs: number }[];
  /** IANA name. */
  timezone: string;
  /** A run starts up to this much later, at random. */
  jitterMs: number;
  /** How late a run may still start after Temporal was down; later it is missed. */
  windowMs: number;
  pauseOnFailure: boolean;
}

export const DEFAULT_WINDOW_MS = 600_000;

export function toScheduleSpec({ calendars, intervals, timezone, jitterMs }: Timing): ScheduleSpec {
  return {
    calendars: calendars.map(toCalendarSpec),
    intervals: intervals.map(({ everyMs, offsetMs }) => ({ every: everyMs, offset: offsetMs })),
    timezone,
    ...(jitterMs > 0 ? { jitter: jitterMs } : {}),
  };
}

/** In one form for equal times, so that it can be compared and shown: `0 2 * * *`, `every 7d`, `every 1d from 12h`. */
export function formatTimes({ calendars, intervals }: Pick<Timing, 'calendars' | 'intervals'>): string[] {
  const repeats = intervals.map(({ everyMs, offsetMs }) => {
    const from = offsetMs > 0 ? ` from ${toDurationText(offsetMs)}` : '';
    return `every ${toDurationText(everyMs)}${from}`;
  });
  return [...new Set([...calendars.map(formatCalendar), ...repeats])].toSorted();
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** `1h30m`: as requests and files take it. */
export function toDurationText(ms: number): string {
  let rest = ms;
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count}${unit}` : '';
  });
  return parts.join('') || '0s';
}
