import { z } from 'zod';
import type { Problem } from '../failures.ts';
import { CLUSTER_NAME, isSystemTable, MIGRATION_NAME, TABLE_PATTERN } from '../names.ts';
import type { MigrationRequest } from '../plan.ts';
import { durationSchema } from './duration.ts';
import { toProblems } from './problems.ts';

const COMMAND_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

const cluster = (what: string) =>
  z
    .string({ error: `must be the name of the ${what} cluster in the clusters file` })
    .regex(CLUSTER_NAME, { error: 'must be lower-case letters, digits, "_", "." or "-"' })
    .describe(`Name of the ${what} cluster in the clusters file.`);

const named = (what: string) =>
  z
    .string({ error: `must be the name of ${what} in the clusters file` })
    .regex(COMMAND_NAME, { error: `must be the name of ${what} in the clusters file, never a command line or an URL` })
    .describe(`Name of ${what} in the clusters file.`);

const wholeNumber = ({ least, most }: { least: number; most: number }) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
};

const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.map((value) => `"${value}"`).join(', ')}` });

const flag = z.boolean({ error: 'must be true or false' });

const tablePattern = z
  .string({ error: 'must be a table name or a pattern, such as "shop:orders" or "shop:*"' })
  .regex(TABLE_PATTERN, { error: 'must be a legal HBase table name, "namespace:table", with "*" for any letters' })
  .refine((name) => !isSystemTable(name), {
    error: "is one of HBase's or Phoenix's own tables, which a migration never names",
  });

const copySchema = z.strictObject({
  via: oneOf(['direct', 'staging'])
    .default('direct')
    .describe("Straight into the target's root, or by a staging root."),
  staging: named('a storage root').optional(),
  mappers: wholeNumber({ least: 1, most: 1_000 }).default(4).describe('Mappers of each copy job.'),
  bandwidthMb: wholeNumber({ least: 0, most: 100_000 }).default(0).describe('MB/s of each mapper, 0 for no limit.'),
  parallelTables: wholeNumber({ least: 1, most: 64 }).default(4).describe('Tables copied at the same time.'),
});

const cutoverSchema = z.strictObject({
  approval: oneOf(['required', 'automatic']).default('required').describe('Must a person approve the cutover?'),
  approvalExpires: durationSchema({ least: '1m', most: '30d' }).default(86_400_000),
  maxWritePause: durationSchema({ least: '1s', most: '1h' }).default(30_000),
  fence: oneOf(['readonly', 'disable', 'command'])
    .default('readonly')
    .describe('How writes to the source are stopped.'),
  fenceCommand: named('a command').optional(),
  switchClients: named('a command').optional(),
});

const verifySchema = z.strictObject({
  level: oneOf(['cells', 'rows']).default('cells').describe('Every visible cell, or row counts only (drills).'),
  fullInsideFenceCells: wholeNumber({ least: 0, most: 10_000_000 }).default(20_000),
  agentCompareCells: wholeNumber({ least: 0, most: 10_000_000_000 }).default(5_000_000),
  showKeys: flag.default(false).describe('Show row keys of differences. Row keys are customer data.'),
});

/** Groups may be left out whole: their defaults are filled in by parsing `{}`. */
const group = <T extends z.ZodType>(schema: T) => schema.prefault({} as z.input<T>);

const requestSchema = z.strictObject({
  source: cluster('source'),
  target: cluster('target'),
  tables: z
    .array(tablePattern, { error: 'must be a list of tables and patterns, such as ["shop:*"]' })
    .min(1, { error: 'must name at least one table or pattern' })
    .describe('Tables and patterns that cut over together.'),
  name: z
    .string({ error: 'must be text' })
    .regex(MIGRATION_NAME, { error: 'must be letters, digits, "_", "." or "-", at most 100' })
    .optional()
    .describe('Name of this migration; made from source, target and tables when left out.'),
  copy: group(copySchema),
  cutover: group(cutoverSchema),
  verify: group(verifySchema),
  acceptWarnings: z.array(z.string({ error: 'must be a code of a warning' })).default([]),
});

/** What `migrateTables` and `planMigration` are started with. Durations are text, e.g. `"30s"`. */
export type MigrateTablesInput = z.input<typeof requestSchema>;

const KNOWN_FIELDS: Record<string, readonly string[]> = {
  '': Object.keys(requestSchema.shape),
  copy: Object.keys(copySchema.shape),
  cutover: Object.keys(cutoverSchema.shape),
  verify: Object.keys(verifySchema.shape),
};

/** Shown to whoever starts a migration with an empty input, and by `temporal-hbase input`. */
export const exampleRequest = {
  source: 'old',
  target: 'new',
  tables: ['shop:*'],
  copy: { via: 'direct', parallelTables: 4 },
  cutover: { approval: 'required', approvalExpires: '24h', maxWritePause: '30s', fence: 'readonly' },
} satisfies MigrateTablesInput;

export type ParsedMigrationRequest = { request: MigrationRequest } | { problems: Problem[]; message: string };

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseMigrationRequest(input: unknown): ParsedMigrationRequest {
  if (isEmpty(input)) return toEmptyInput();
  const parsed = requestSchema.safeParse(input);
  const problems = parsed.success
    ? findContradictions(parsed.data)
    : [...toProblems(parsed.error.issues, { input, knownFields: KNOWN_FIELDS }), ...findSameCluster(input)];
  if (problems.length > 0 || !parsed.success) return { problems, message: toInvalidMessage(problems) };
  return { request: toRequest(parsed.data) };
}

/** JSON Schema of the input, for editors and for `temporal-hbase input --schema`. */
export function migrationRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}

/** `request.invalid`'s message: every problem on a line of its own. */
export function toInvalidMessage(problems: readonly Problem[]): string {
  return ['The migration request is not valid:', ...problems.map((p) => `- ${p.field}: ${p.message}`)].join('\n');
}

function isEmpty(input: unknown): boolean {
  return input === undefined || input === null || (typeof input === 'object' && Object.keys(input).length === 0);
}

function toEmptyInput(): ParsedMigrationRequest {
  const example = JSON.stringify(exampleRequest, null, 2);
  const message = `The input is empty. A migration needs one JSON object; paste this and change it:\n${example}`;
  return { problems: [{ field: '(input)', message: 'is empty', fix: `Paste and change:\n${example}` }], message };
}

type Checked = z.output<typeof requestSchema>;

function problem(when: boolean, found: Problem): Problem[] {
  return when ? [found] : [];
}

/** Looked for in the raw input too, so that a wrong field elsewhere does not hide it. */
function findSameCluster(input: unknown): Problem[] {
  const { source, target } = input as { source?: unknown; target?: unknown };
  return problem(typeof target === 'string' && source === target, {
    field: 'target',
    message: `${JSON.stringify(target)} is the source too; a migration needs two clusters`,
  });
}

/** What no single field can tell. */
function findContradictions({ source, target, cutover, copy, ...rest }: Checked): Problem[] {
  const tables = rest.tables.map(toCanonicalName);
  const repeated = tables.filter((table, index) => tables.indexOf(table) !== index);
  return [
    ...findSameCluster({ source, target }),
    ...problem(repeated.length > 0, { field: 'tables', message: `${JSON.stringify(repeated[0])} is named twice` }),
    ...problem(cutover.fence === 'command' && cutover.fenceCommand === undefined, {
      field: 'cutover.fenceCommand',
      message: 'is missing; "fence": "command" needs the name of a command that fences the application',
    }),
    ...problem(copy.via === 'direct' && copy.staging !== undefined, {
      field: 'copy.staging',
      message: `"${copy.staging}" has no effect with "via": "direct"; leave it out or set "via": "staging"`,
    }),
  ];
}

function toRequest({ cutover, name, copy, ...rest }: Checked): MigrationRequest {
  const { approvalExpires, maxWritePause, ...asGiven } = cutover;
  return {
    ...rest,
    copy,
    tables: rest.tables.map(toCanonicalName),
    name: name ?? toDefaultName(rest),
    cutover: { ...asGiven, approvalExpiresMs: approvalExpires, maxWritePauseMs: maxWritePause },
  };
}

/** HBase itself writes `default:t` as `t`. */
function toCanonicalName(table: string): string {
  return table.replace(/^default:/, '');
}

/** `old-to-new-shop`: readable in a list of workflows, legal as a part of a workflow id. */
function toDefaultName({ source, target, tables }: Pick<Checked, 'source' | 'target' | 'tables'>): string {
  const first = (tables[0] ?? '').replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  const more = tables.length > 1 ? `-and-${tables.length - 1}-more` : '';
  return `${source}-to-${target}-${first || 'tables'}`.slice(0, 84) + more;
}
