import { z } from 'zod';
import {
  acceptWarnings,
  cluster,
  copyLimits,
  findTableContradictions,
  flag,
  group,
  tablePatterns,
  toCanonicalName,
} from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { RestoreRequest } from '../requests.ts';
import {
  asSchema,
  backupId,
  by,
  findEmptyChoice,
  findUselessChoices,
  instant,
  root,
  setName,
  tags,
  toNewNames,
} from './fields.ts';

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
  findRawContradictions: (input) => [
    ...findUselessChoices(input, ['set', 'tags']),
    ...findEmptyChoice(input, 'backup'),
  ],
  findContradictions: ({ tables }) => findTableContradictions(tables),
  toRequest: ({ to, backup, set, by: who, tables, as, ...rest }) => ({
    ...rest,
    tables: tables.map(toCanonicalName),
    as: toNewNames(as),
    ...(backup === undefined ? {} : { backup }),
    ...(set === undefined ? {} : { set }),
    ...(to === undefined ? {} : { toMs: to }),
    ...(who === undefined ? {} : { by: who }),
  }),
};

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseRestoreRequest(input: unknown): Parsed<RestoreRequest> {
  return parseRequest(RESTORE, input);
}

/** JSON Schema of the input, for editors. */
export function restoreRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
