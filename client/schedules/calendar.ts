import {
  DAYS_OF_WEEK,
  MONTHS,
  type CalendarSpec,
  type CalendarSpecDescription,
  type LooseRange,
} from '@temporalio/client';

/** Times of a wall clock: a second matches when every field holds it. An empty `year` is every year. */
export type Calendar = Record<CalendarField, number[]>;
export type CalendarField = (typeof CALENDAR_FIELDS)[number];
export const CALENDAR_FIELDS = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'year', 'dayOfWeek'] as const;

export interface FieldRule {
  least: number;
  most: number;
  /** Of the values from `least` on. */
  names?: readonly string[];
}

/** Years are those that Temporal's scheduler knows. */
export const FIELD_RULES: Record<CalendarField, FieldRule> = {
  second: { least: 0, most: 59 },
  minute: { least: 0, most: 59 },
  hour: { least: 0, most: 23 },
  dayOfMonth: { least: 1, most: 31 },
  month: { least: 1, most: 12, names: MONTHS },
  year: { least: 2000, most: 2100 },
  dayOfWeek: { least: 0, most: 6, names: DAYS_OF_WEEK },
};

/** What Temporal means by a field that is left out. */
export const FIELD_DEFAULTS: Record<CalendarField, number[]> = {
  second: [0],
  minute: [0],
  hour: [0],
  dayOfMonth: allOf('dayOfMonth'),
  month: allOf('month'),
  year: [],
  dayOfWeek: allOf('dayOfWeek'),
};

export function allOf(field: CalendarField): number[] {
  if (field === 'year') return [];
  const { least, most } = FIELD_RULES[field];
  return rangeOf({ start: least, end: most, step: 1 });
}

export function rangeOf({ start, end, step }: { start: number; end: number; step: number }): number[] {
  const count = Math.max(0, Math.floor((end - start) / step) + 1);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

export function toSortedSet(values: number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** A number, or a name of at least three letters in any case, e.g. `MON`; undefined when it is out of range. */
export function readValue(word: unknown, field: CalendarField): number | undefined {
  const { least, most, names = [] } = FIELD_RULES[field];
  if (typeof word === 'string' && /^[A-Za-z]{3,}$/.test(word)) {
    const index = names.findIndex((name) => name === word.toUpperCase() || name.slice(0, 3) === word.toUpperCase());
    return index < 0 ? undefined : least + index;
  }
  const value = typeof word === 'string' && /^\d{1,4}$/.test(word) ? Number(word) : word;
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

/** As Temporal takes it, runs of values as ranges. */
export function toCalendarSpec(calendar: Calendar): CalendarSpec {
  const entries = CALENDAR_FIELDS.map((field) => {
    const named = (value: number) => FIELD_RULES[field].names?.[value - FIELD_RULES[field].least] ?? value;
    const ranges = toRuns(calendar[field]).map(([start, end]) => ({ start: named(start), end: named(end), step: 1 }));
    return [field, field === 'year' && ranges.length === 0 ? '*' : ranges];
  });
  return Object.fromEntries(entries) as CalendarSpec;
}

/** What a server answers, whichever ranges it chose to write it with. */
export function fromDescription(description: CalendarSpecDescription): Calendar {
  const entries = CALENDAR_FIELDS.map((field) => {
    const ranges: LooseRange<unknown>[] = description[field];
    return [
      field,
      ranges.length === 0 ? FIELD_DEFAULTS[field] : toSortedSet(ranges.flatMap((r) => readRange(r, field))),
    ];
  });
  return Object.fromEntries(entries) as Calendar;
}

function readRange(range: LooseRange<unknown>, field: CalendarField): number[] {
  const { start, end = start, step = 1 } = range as { start: unknown; end?: unknown; step?: number };
  const first = readValue(start, field);
  const last = readValue(end, field);
  return first === undefined || last === undefined ? [] : rangeOf({ start: first, end: last, step });
}

/** Runs of neighbours, `[1, 2, 3, 7]` → `[[1, 3], [7, 7]]`. */
function toRuns(values: number[]): [start: number, end: number][] {
  const runs: [number, number][] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs;
}

/** As a cron line, seconds and years only when they say something. Equal for calendars that mean the same. */
export function formatCalendar(calendar: Calendar): string {
  const text = (field: CalendarField) => formatValues(calendar[field], field);
  const line = (['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const).map(text).join(' ');
  const isSimple = calendar.year.length === 0 && calendar.second.join() === '0';
  return isSimple ? line : `${text('second')} ${line} ${text('year')}`;
}

function formatValues(values: number[], field: CalendarField): string {
  if (values.length === allOf(field).length) return '*';
  return toRuns(values)
    .map(([start, end]) => (start === end ? `${start}` : `${start}-${end}`))
    .join(',');
}
