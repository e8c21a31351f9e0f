import {
  allOf,
  FIELD_DEFAULTS,
  FIELD_RULES,
  rangeOf,
  readValue,
  toSortedSet,
  type Calendar,
  type CalendarField,
} from './calendar.ts';

const SHORTHANDS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const FIVE: CalendarField[] = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'];
/** By the number of fields, as Temporal reads them. */
const LAYOUTS: Record<number, CalendarField[]> = { 5: FIVE, 6: [...FIVE, 'year'], 7: ['second', ...FIVE, 'year'] };

/**
 * Reads a cron line as Temporal does, so that nonsense is refused before anything is applied. Two things are refused
 * that Temporal takes: a time zone inside the line, since the file has a field for it, and a day of the month beside a
 * day of the week, since Temporal wants both at once where cron takes either, and a backup would silently not be made.
 */
export function parseCron(text: string): Calendar | { problem: string } {
  const line = (SHORTHANDS[text.trim().toLowerCase()] ?? text).trim();
  if (/^@every\b/i.test(line)) return { problem: 'is an interval: write "every: 6h" instead of "cron"' };
  if (/^(?:CRON_)?TZ=/i.test(line)) return { problem: 'must not hold a time zone: write it into "timezone"' };
  if (line.startsWith('@')) return { problem: `is none of ${Object.keys(SHORTHANDS).join(', ')}` };
  const words = line.split(/\s+/);
  const layout = LAYOUTS[words.length];
  if (layout === undefined) return { problem: 'must have five fields: minute, hour, day of month, month, day of week' };
  return toCalendar(layout, words);
}

function toCalendar(layout: CalendarField[], words: string[]): Calendar | { problem: string } {
  const calendar: Calendar = { ...FIELD_DEFAULTS };
  for (const [index, field] of layout.entries()) {
    const values = parseField(words[index] ?? '', field);
    if (values === undefined) return { problem: `has no legal ${WORDS[field]}: "${words[index]}"` };
    calendar[field] = values;
  }
  if (isRestricted(calendar, 'dayOfMonth') && isRestricted(calendar, 'dayOfWeek')) {
    return {
      problem:
        'names a day of the month and a day of the week: Temporal fires only when both hold, cron when either does; ' +
        'use two sets, or "calendar" when you mean both',
    };
  }
  return calendar;
}

const WORDS: Record<CalendarField, string> = {
  second: 'second (0-59)',
  minute: 'minute (0-59)',
  hour: 'hour (0-23)',
  dayOfMonth: 'day of the month (1-31)',
  month: 'month (1-12 or JAN-DEC)',
  year: 'year (2000-2100)',
  dayOfWeek: 'day of the week (0-7 or SUN-SAT)',
};

const isRestricted = (calendar: Calendar, field: CalendarField) => calendar[field].length < allOf(field).length;

function parseField(text: string, field: CalendarField): number[] | undefined {
  if (text === '*') return allOf(field);
  const parts = text.split(',').map((part) => parsePart(part, field));
  if (parts.some((part) => part === undefined || part.length === 0)) return undefined;
  return toSortedSet(parts.flatMap((part) => part ?? []));
}

/** `5`, `1-5`, `MON-FRI`, and each of them or `*` with `/n`; a lone start with `/n` goes on to the last value. */
function parsePart(part: string, field: CalendarField): number[] | undefined {
  const [range = '', stepText, ...more] = part.split('/');
  const step = stepText === undefined ? 1 : Number(stepText);
  if (more.length > 0 || (stepText !== undefined && !/^[1-9]\d{0,3}$/.test(stepText))) return undefined;
  const { least, most } = FIELD_RULES[field];
  const [from = '', to, ...rest] = range === '*' ? [String(least), String(most)] : range.split('-');
  if (rest.length > 0) return undefined;
  const start = readDay(from, field);
  const end = to === undefined ? (stepText === undefined ? start : most) : readDay(to, field);
  if (start === undefined || end === undefined || end < start) return undefined;
  return rangeOf({ start, end, step }).map((value) => (field === 'dayOfWeek' ? value % 7 : value));
}

/** Sunday is 0 and 7. */
function readDay(word: string, field: CalendarField): number | undefined {
  return field === 'dayOfWeek' && word === '7' ? 7 : readValue(word, field);
}
