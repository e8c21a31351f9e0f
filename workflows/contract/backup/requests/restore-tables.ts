import { z } from 'zod';
import type { Problem } from '../../failures.ts';
import { isSystemTable } from '../../names.ts';
import {
  acceptWarnings,
  cluster,
  copyLimits,
  findRepeatedTable,
  flag,
  group,
  problem,
  tablePatterns,
  toCanonicalName,
} from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { RestoreRequest } from '../requests.ts';
import { backupId, by, findUselessChoices, instant, root, setName, tags } from './fields.ts';

const NAMESPACE = /^[A-Za-z0-9_]{1,100}$/;
const SUFFIX = /^[A-Za-z0-9_.-]{1,100}$/;

const asSchema = z.strictObject(
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
const copySchema = z.strictObject(copyLimits, { error: 'must be a group, such as {"mappers": 4}' });

const requestSchema = z.strictObject({
  cluster: cluster('cluster that the tables come back on,'),
  root: root.describe('Name of the storage root in the clusters file that holds the backups.'),
  backup: backupId.optional(),
  set: setName.optional().describe('The newest complete, undamaged backup of this set.'),
  tags: tags.describe('Only a backup that has all of these.'),
  tables: tablePatterns.default([]).describe('Tables and patterns; all tables of the backup when left out.'),
  as: group(asSchema).describe('New names; the tables get their old ones when left out.'),
  to: instant
    .optional()
    .describe('Point in time to restore to, with its zone, e.g. "2026-11-21T07:15:00Z"; needs archived WALs.'),
  overwrite: flag.default(false).describe('Replace tables that exist; each gets a failsafe snapshot first.'),
  copy: group(copySchema),
  acceptWarnings,
  by,
});

/** What `restoreTables` is started with. */
export type RestoreTablesInput = z.input<typeof requestSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleRestore = {
  cluster: 'old',
  root: 'backups',
  set: 'shop',
  tables: ['shop:orders'],
  as: { suffix: '_restored' },
} satisfies RestoreTablesInput;

const RESTORE: RequestKind<typeof requestSchema, RestoreRequest> = {
  noun: 'restore request',
  schema: requestSchema,
  knownFields: {
    '': Object.keys(requestSchema.shape),
    as: Object.keys(asSchema.shape),
    copy: Object.keys(copySchema.shape),
  },
  example: exampleRestore,
  findRawContradictions: (input) => [...findUselessChoices(input, ['set', 'tags']), ...findEmptyChoice(input)],
  findContradictions: ({ tables }) => findRepeatedTable(tables),
  toRequest: ({ to, backup, set, by: who, tables, as: { namespace, suffix }, ...rest }) => ({
    ...rest,
    tables: tables.map(toCanonicalName),
    as: { ...(namespace === undefined ? {} : { namespace }), ...(suffix === undefined ? {} : { suffix }) },
    ...(backup === undefined ? {} : { backup }),
    ...(set === undefined ? {} : { set }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(who === undefined ? {} : { by: who }),
  }),
};

/** An empty list reads like "none" and would restore all: whoever means all leaves it out. */
function findEmptyChoice({ tables }: Record<string, unknown>): Problem[] {
  return problem(Array.isArray(tables) && tables.length === 0, {
    field: 'tables',
    message: '[] names no table; leave it out for all tables of the backup',
  });
}

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseRestoreRequest(input: unknown): Parsed<RestoreRequest> {
  return parseRequest(RESTORE, input);
}

/** JSON Schema of the input, for editors. */
export function restoreRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
