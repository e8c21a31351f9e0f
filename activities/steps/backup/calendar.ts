/** Calendar periods of a backup, as keys that are equal exactly for two instants of the same period. */
export interface Periods {
  /** `2026-11-21`. */
  day: string;
  /** ISO 8601: weeks start on Monday and belong to the year of their Thursday, e.g. `2026-W53`. */
  week: string;
  month: string;
  year: string;
}

const DAY_MS = 86_400_000;

/** By zone: loading its rules takes longer than reading a hundred dates. */
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * Reads the periods of an instant off the wall in a time zone (IANA name), so that a day of 23 or 25 hours is one day.
 *
 * @throws RangeError for a zone that nobody knows.
 */
export function createCalendar(timezone: string): (ms: number) => Periods {
  const format = formats.get(timezone) ?? createFormat(timezone);
  formats.set(timezone, format);
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    const year = parts.get('year') ?? 0;
    const month = parts.get('month') ?? 0;
    const day = parts.get('day') ?? 0;
    const monthKey = `${year}-${twoDigits(month)}`;
    return {
      day: `${monthKey}-${twoDigits(day)}`,
      week: toIsoWeek(Date.UTC(year, month - 1, day)),
      month: monthKey,
      year: String(year),
    };
  };
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });
}

/** The ISO week of a day, given as its midnight in UTC. */
function toIsoWeek(dayMs: number): string {
  const daysSinceMonday = (new Date(dayMs).getUTCDay() + 6) % 7;
  const thursday = new Date(dayMs + (3 - daysSinceMonday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  return `${year}-W${twoDigits(week)}`;
}

function twoDigits(part: number): string {
  return String(part).padStart(2, '0');
}
