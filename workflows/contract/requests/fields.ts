import { z } from 'zod';
import type { Problem } from '../failures.ts';
import { CLUSTER_NAME, isExclusion, isSystemTable, TABLE_PATTERN } from '../names.ts';

/** Fields that several requests have, with the words for what is wrong. A message follows the value it is about. */

const COMMAND_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

export const cluster = (what: string) =>
  z
    .string({ error: `must be the name of the ${what} in the clusters file` })
    .regex(CLUSTER_NAME, { error: 'must be lower-case letters, digits, "_", "." or "-"' })
    .describe(`Name of the ${what} in the clusters file.`);

/** Something else that the clusters file names, e.g. a command or a storage root. */
export const named = (what: string) =>
  z
    .string({ error: `must be the name of ${what} in the clusters file` })
    .regex(COMMAND_NAME, { error: `must be the name of ${what} in the clusters file, never a command line or an URL` })
    .describe(`Name of ${what} in the clusters file.`);

export const wholeNumber = ({ least, most }: { least: number; most: number }) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};

export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.map((value) => `"${value}"`).join(', ')}` });

export const flag = z.boolean({ error: 'must be true or false' });

const tablePattern = z
  .string({ error: 'must be a table name or a pattern, such as "shop:orders" or "shop:*"' })
  .regex(TABLE_PATTERN, {
    error: 'must be a legal HBase table name, "namespace:table", with "*" for any letters and "!" to leave it out',
  })
  .refine((name) => isExclusion(name) || !isSystemTable(name), {
    error: "is one of HBase's or Phoenix's own tables, which are left alone",
  });

export const tablePatterns = z.array(tablePattern, {
  error: 'must be a list of tables and patterns, such as ["shop:*"]',
});

export const someTables = tablePatterns.min(1, { error: 'must name at least one table or pattern' });

export const acceptWarnings = z.array(z.string({ error: 'must be a code of a warning' })).default([]);

/** How much of a cluster and its network a copy may take. */
export const copyLimits = {
  mappers: wholeNumber({ least: 1, most: 1_000 }).default(4).describe('Mappers of each copy job.'),
  bandwidthMb: wholeNumber({ least: 0, most: 100_000 }).default(0).describe('MB/s of each mapper, 0 for no limit.'),
  parallelTables: wholeNumber({ least: 1, most: 64 }).default(4).describe('Tables copied at the same time.'),
};

/** Groups may be left out whole: their defaults are filled in by parsing `{}`. */
export const group = <T extends z.ZodType>(schema: T) => schema.prefault({} as z.input<T>);

export function problem(when: boolean, found: Problem): Problem[] {
  return when ? [found] : [];
}

/** One table by two spellings counts as twice. */
export function findTableContradictions(tables: readonly string[]): Problem[] {
  const names = tables.map(toCanonicalName);
  const [repeated] = names.filter((table, index) => names.indexOf(table) !== index);
  const onlyLeftOut = tables.length > 0 && tables.every(isExclusion);
  return [
    ...problem(repeated !== undefined, { field: 'tables', message: `${JSON.stringify(repeated)} is named twice` }),
    ...problem(onlyLeftOut, { field: 'tables', message: 'only says what is left out; name what it is left out of' }),
  ];
}

/** HBase itself writes `default:t` as `t`. */
export function toCanonicalName(table: string): string {
  return table.replace(/^(!?)default:/, '$1');
}

/** `shop` for `shop:*`, `shop-and-2-more`: legal as a part of a workflow id. */
export function toTablesName(tables: readonly string[], prefix = ''): string {
  const first = (tables.find((table) => !isExclusion(table)) ?? '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const more = tables.length > 1 ? `-and-${tables.length - 1}-more` : '';
  return `${prefix}${first || 'tables'}`.slice(0, 84) + more;
}
