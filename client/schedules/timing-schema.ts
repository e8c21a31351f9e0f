import { z } from 'zod';
import { findNearest } from '../../workflows/contract/requests/nearest.ts';
import { durationSchema } from '../../workflows/contract/requests/duration.ts';
import { flag } from '../../workflows/contract/requests/fields.ts';
import {
  allOf,
  CALENDAR_FIELDS,
  FIELD_DEFAULTS,
  FIELD_RULES,
  rangeOf,
  readValue,
  toSortedSet,
  type Calendar,
  type CalendarField,
} from './calendar.ts';
import { parseCron } from './cron.ts';

const cron = z
  .string({ error: 'must be a cron line in quotes, such as "0 2 * * *"' })
  .transform((text, context): Calendar => {
    const parsed = parseCron(text);
    if (!('problem' in parsed)) return parsed;
    context.addIssue({ code: 'custom', message: parsed.problem });
    return z.NEVER;
  });

/** One field of Temporal's calendar: a value, a name, `{start, end, step}`, a list of them, or `*`. */
const calendarField = (field: CalendarField) =>
  z
    .custom<unknown>((value) => value !== undefined)
    .transform((value, context): number[] => {
      const values = readField(value, field);
      if (values !== undefined && (values.length > 0 || field === 'year')) return values;
      const { least, most, names } = FIELD_RULES[field];
      const named = names === undefined ? '' : `, or ${names[0]} to ${names.at(-1)}`;
      const message = `must be from ${least} to ${most}${named}, {start, end, step}, a list of them, or "*"`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .optional();

function readField(value: unknown, field: CalendarField): number[] | undefined {
  if (value === '*') return allOf(field);
  const parts = (Array.isArray(value) ? value : [value]).map((part: unknown) => readPart(part, field));
  return parts.includes(undefined) ? undefined : toSortedSet(parts.flatMap((part) => part ?? []));
}

function readPart(part: unknown, field: CalendarField): number[] | undefined {
  const isRange = typeof part === 'object' && part !== null && 'start' in part;
  const { start, end, step = 1, ...rest }: Record<string, unknown> = isRange ? { ...part } : { start: part };
  const first = readValue(start, field);
  const last = end === undefined ? first : readValue(end, field);
  const isLegal = Number.isInteger(step) && Number(step) > 0 && Object.keys(rest).length === 0;
  if (first === undefined || last === undefined || last < first || !isLegal) return undefined;
  return rangeOf({ start: first, end: last, step: Number(step) });
}

const calendarObject = z
  .strictObject(
    {
      second: calendarField('second'),
      minute: calendarField('minute'),
      hour: calendarField('hour'),
      dayOfMonth: calendarField('dayOfMonth'),
      month: calendarField('month'),
      year: calendarField('year'),
      dayOfWeek: calendarField('dayOfWeek'),
      comment: z.string({ error: 'must be text' }).optional(),
    },
    { error: 'must be a group such as { hour: 2, dayOfWeek: SUNDAY }' },
  )
  .transform(
    (given): Calendar =>
      Object.fromEntries(CALENDAR_FIELDS.map((field) => [field, given[field] ?? FIELD_DEFAULTS[field]])) as Calendar,
  );

/** One calendar or several, each problem with the path it has in the file. */
const calendars = z.unknown().transform((value, context): Calendar[] => {
  const parsed = (Array.isArray(value) ? z.array(calendarObject).min(1) : calendarObject).safeParse(value);
  if (parsed.success) return [parsed.data].flat();
  for (const { message, ...issue } of parsed.error.issues) context.addIssue({ ...issue, message });
  return z.NEVER;
});

const timezone = z.string({ error: 'must be an IANA name such as "Europe/Berlin"' }).superRefine((name, context) => {
  const message = judgeTimezone(name);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Temporal's server looks names up in its own files, which know no offsets and mind the case. */
function judgeTimezone(name: string): string | undefined {
  const rule = 'must be an IANA name such as "Europe/Berlin"';
  const known = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  if (known.includes(name)) return undefined;
  const nearest = findNearest(name, known);
  if (isTimezone(name) && nearest?.toLowerCase() !== name.toLowerCase()) return undefined;
  return nearest === undefined ? rule : `${rule}. Did you mean "${nearest}"?`;
}

function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Temporal rounds intervals to seconds: with a part of one, a schedule would differ from the file for ever. */
export const wholeSeconds = (bounds: { least: string; most: string }) =>
  durationSchema(bounds).refine((ms) => ms % 1_000 === 0, { error: 'must be whole seconds' });

/** When something runs: exactly one of `cron`, `calendar` and `every` (see `checkTiming`). */
export const timingShape = {
  cron: cron.optional(),
  calendar: calendars.optional(),
  every: wholeSeconds({ least: '1m', most: '366d' }).optional(),
  offset: wholeSeconds({ least: '0s', most: '366d' }).optional(),
  timezone: timezone.optional(),
  jitter: wholeSeconds({ least: '0s', most: '7d' }).optional(),
  window: wholeSeconds({ least: '10s', most: '7d' }).optional(),
  pauseOnFailure: flag.optional(),
};

const timingSchema = z.strictObject(timingShape);
export type TimingInput = z.output<typeof timingSchema>;

export const TIMING_FIELDS = Object.keys(timingShape);
export const CALENDAR_KEYS = Object.keys(calendarObject.in.shape);
