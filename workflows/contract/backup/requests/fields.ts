import { z } from 'zod';
import type { Problem } from '../../failures.ts';
import { durationSchema } from '../../requests/duration.ts';
import { named, problem, wholeNumber } from '../../requests/fields.ts';
import { isSystemTable } from '../../names.ts';
import { BACKUP_ID } from '../record.ts';
import type { Retention } from '../requests.ts';
import { parseInstant } from './instant.ts';

/** Fields that the requests about backups share. `backups.yaml` takes the same ones. */

/** A set's name becomes a part of workflow and schedule ids. */
const SET_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;
const TAG_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const NAMESPACE = /^[A-Za-z0-9_]{1,100}$/;
const SUFFIX = /^[A-Za-z0-9_.-]{1,100}$/;
const ONE_LINE = /^\P{Cc}{0,200}$/u;

export const root = named('a storage root');

export const setName = z
  .string({ error: 'must be the name of a set of backups' })
  .regex(SET_NAME, { error: 'must be letters, digits, "_", "." or "-", at most 100' });

/** Shorter than a set's: it becomes one part of a path, where a dot takes three letters. */
export const chainName = z
  .string({ error: 'must be the name of a chain of exports' })
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$/, { error: 'must be letters, digits, "_", "." or "-", at most 60' });

export const backupId = z
  .string({ error: 'must be the id of a backup' })
  .regex(BACKUP_ID, { error: 'must be the id of a backup, such as "20261121T071500Z-k3x9": see `backup list`' })
  .describe('Id of a backup, as `backup list` shows it.');

export const oneLine = (what: string) =>
  z
    .string({ error: `must be ${what} in one line` })
    .regex(ONE_LINE, { error: `must be ${what} in one line of at most 200 letters` });

export const by = oneLine('a name').optional().describe('Who asks, for the audit: a claim, not authentication.');

const TAGS_RULE = 'must be names and texts, such as {"release": "4.2"}; names are letters, digits, "_", "." or "-"';
export const tags = z
  .record(z.string(), oneLine('text'), { error: TAGS_RULE })
  .refine((given) => Object.keys(given).every((name) => TAG_NAME.test(name)), { error: TAGS_RULE })
  .default({});

export const instant = z
  .string({ error: 'must be a time with its zone, such as "2026-11-21T07:15:00Z"' })
  .superRefine((text, context) => {
    const parsed = parseInstant(text);
    if ('rule' in parsed) context.addIssue({ code: 'custom', message: parsed.rule });
  })
  .transform((text) => {
    const parsed = parseInstant(text);
    return 'ms' in parsed ? parsed.ms : Number.NaN;
  });

/** The names that tables get where they come back. */
export const asSchema = z.strictObject(
  {
    namespace: z
      .string({ error: 'must be the name of a namespace' })
      .regex(NAMESPACE, { error: 'must be the name of a namespace: letters, digits and "_"' })
      .refine((name) => !isSystemTable(`${name}:t`), { error: "is a namespace of HBase's or Phoenix's own" })
      .optional()
      .describe('Namespace that the tables come back in, instead of their own.'),
    suffix: z
      .string({ error: 'must be text' })
      .regex(SUFFIX, { error: 'must be letters, digits, "_", "." or "-"' })
      .optional()
      .describe('Put after the name of each table, e.g. "_restored".'),
  },
  { error: 'must be a group, such as {"suffix": "_restored"}' },
);

const count = (what: string) => wholeNumber({ least: 0, most: 10_000 }).default(0).describe(what);

const keepShape = {
  last: count('The newest so many.'),
  daily: count('The newest of each of so many days that have one.'),
  weekly: count('The newest of each of so many ISO weeks that have one.'),
  monthly: count('The newest of each of so many months that have one.'),
  yearly: count('The newest of each of so many years that have one.'),
  within: durationSchema({ least: '0s', most: '36500d' }).default(0).describe('Everything younger, e.g. "30d".'),
  timezone: z
    .string({ error: 'must be the name of a time zone, such as "Europe/Berlin"' })
    .refine(isTimezone, { error: 'must be the name of a time zone, such as "UTC" or "Europe/Berlin"' })
    .default('UTC')
    .describe('In which days, weeks, months and years are counted, e.g. "Europe/Berlin".'),
};

export const KEEP_FIELDS: readonly string[] = Object.keys(keepShape);

/** How long backups stay, as a user writes it: `{"last": 7, "daily": 14, "within": "30d"}`. */
export const keepSchema = z
  .strictObject(keepShape, { error: 'must be rules, such as {"last": 7, "daily": 14, "weekly": 8, "monthly": 12}' })
  .refine(({ last, daily, weekly, monthly, yearly, within }) => last + daily + weekly + monthly + yearly + within > 0, {
    error: 'keeps nothing; give at least one of last, daily, weekly, monthly, yearly and within, such as {"last": 7}',
    when: ({ issues }) => issues.length === 0,
  });

export function toRetention({ within, ...rest }: z.output<typeof keepSchema>): Retention {
  return { ...rest, withinMs: within };
}

/** An id names one backup; whatever else would choose one has no effect beside it. */
export function findUselessChoices(input: Record<string, unknown>, choices: readonly string[]): Problem[] {
  if (input['backup'] === undefined) return [];
  return choices.flatMap((field) =>
    problem(input[field] !== undefined, {
      field,
      message: `${JSON.stringify(input[field])} has no effect beside "backup"; leave one of the two out`,
    }),
  );
}

/** Without what was not given. */
export function toNewNames({ namespace, suffix }: z.output<typeof asSchema>): { namespace?: string; suffix?: string } {
  return { ...(namespace === undefined ? {} : { namespace }), ...(suffix === undefined ? {} : { suffix }) };
}

/** An empty list reads like "none" and would take all: whoever means all leaves it out. */
export function findEmptyChoice({ tables }: Record<string, unknown>, of: 'backup' | 'chain'): Problem[] {
  return problem(Array.isArray(tables) && tables.length === 0, {
    field: 'tables',
    message: `[] names no table; leave it out for all tables of the ${of}`,
  });
}

function isTimezone(name: string): boolean {
  // Offsets would pass too, but know no summer time, which is what a zone is named for.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
