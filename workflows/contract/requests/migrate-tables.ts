import { z } from 'zod';
import type { Problem } from '../failures.ts';
import { MIGRATION_NAME } from '../names.ts';
import type { MigrationRequest } from '../plan.ts';
import { durationSchema } from './duration.ts';
import {
  acceptWarnings,
  cluster,
  copyLimits,
  findTableContradictions,
  flag,
  group,
  named,
  oneOf,
  problem,
  someTables,
  toCanonicalName,
  toTablesName,
  wholeNumber,
} from './fields.ts';
import { parseRequest, type Parsed, type RequestKind } from './parse-request.ts';

const copySchema = z.strictObject({
  via: oneOf(['direct', 'staging'])
    .default('direct')
    .describe("Straight into the target's root, or by a staging root."),
  staging: named('a storage root').optional(),
  ...copyLimits,
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

const alertsSchema = z.strictObject(
  {
    to: z
      .array(named('an alert target'), { error: 'must be a list of alert targets of the clusters file' })
      .min(1, { error: 'must name at least one alert target' })
      .describe('Alert targets of the clusters file.'),
    blockerAfter: durationSchema({ least: '1m', most: '30d' })
      .default(600_000)
      .describe('A blocker is told when it has stood for so long.'),
  },
  { error: 'must be a group such as {"to": ["on-call"]}' },
);

const requestSchema = z.strictObject({
  source: cluster('source cluster'),
  target: cluster('target cluster'),
  tables: someTables.describe('Tables and patterns that cut over together.'),
  name: z
    .string({ error: 'must be text' })
    .regex(MIGRATION_NAME, { error: 'must be letters, digits, "_", "." or "-", at most 100' })
    .optional()
    .describe('Name of this migration; made from source, target and tables when left out.'),
  copy: group(copySchema),
  cutover: group(cutoverSchema),
  verify: group(verifySchema),
  acceptWarnings,
  alerts: alertsSchema.optional().describe('Who is told of what the run waits for, and of its end.'),
});

/** What `migrateTables` and `planMigration` are started with. Durations are text, e.g. `"30s"`. */
export type MigrateTablesInput = z.input<typeof requestSchema>;

const KNOWN_FIELDS: Record<string, readonly string[]> = {
  '': Object.keys(requestSchema.shape),
  copy: Object.keys(copySchema.shape),
  cutover: Object.keys(cutoverSchema.shape),
  verify: Object.keys(verifySchema.shape),
  alerts: Object.keys(alertsSchema.shape),
};

/** Shown to whoever starts a migration with an empty input, and by `temporal-hbase input`. */
export const exampleRequest = {
  source: 'old',
  target: 'new',
  tables: ['shop:*'],
  copy: { via: 'direct', parallelTables: 4 },
  cutover: { approval: 'required', approvalExpires: '24h', maxWritePause: '30s', fence: 'readonly' },
} satisfies MigrateTablesInput;

/** As messages name it. */
export const MIGRATION_NOUN = 'migration request';

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseMigrationRequest(input: unknown): Parsed<MigrationRequest> {
  return parseRequest(MIGRATION, input);
}

/** JSON Schema of the input, for editors and for `temporal-hbase input --schema`. */
export function migrationRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}

type Checked = z.output<typeof requestSchema>;

const MIGRATION: RequestKind<typeof requestSchema, MigrationRequest> = {
  noun: MIGRATION_NOUN,
  schema: requestSchema,
  knownFields: KNOWN_FIELDS,
  example: exampleRequest,
  findRawContradictions: findSameCluster,
  findContradictions,
  toRequest,
};

function findSameCluster({ source, target }: { source?: unknown; target?: unknown }): Problem[] {
  return problem(typeof target === 'string' && source === target, {
    field: 'target',
    message: `${JSON.stringify(target)} is the source too; a migration needs two clusters`,
  });
}

function findContradictions({ cutover, copy, tables }: Checked): Problem[] {
  return [
    ...findTableContradictions(tables),
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

function toRequest({ cutover, name, copy, alerts, ...rest }: Checked): MigrationRequest {
  const { approvalExpires, maxWritePause, ...asGiven } = cutover;
  return {
    ...rest,
    ...(alerts === undefined ? {} : { alerts: { to: alerts.to, blockerAfterMs: alerts.blockerAfter } }),
    copy,
    tables: rest.tables.map(toCanonicalName),
    name: name ?? toTablesName(rest.tables, `${rest.source}-to-${rest.target}-`),
    cutover: { ...asGiven, approvalExpiresMs: approvalExpires, maxWritePauseMs: maxWritePause },
  };
}
