import { z } from 'zod';
import {
  acceptWarnings,
  cluster,
  findTableContradictions,
  flag,
  group,
  tablePatterns,
  toCanonicalName,
} from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { ImportRequest } from '../export.ts';
import { EXPORT_COPY_FIELDS, exportCopy } from './export-tables.ts';
import { asSchema, backupId, by, chainName, findEmptyChoice, root, toNewNames } from './fields.ts';

const requestSchema = z.strictObject({
  cluster: cluster('cluster that the tables come to,'),
  root: root.describe('Name of the storage root in the clusters file that holds the exports.'),
  chain: chainName.describe('Name of the chain.'),
  upTo: backupId.optional().describe('Id of the last export that is applied; the newest one when left out.'),
  tables: tablePatterns.default([]).describe('Tables and patterns; all tables of the chain when left out.'),
  as: group(asSchema).describe('New names; the tables get their old ones when left out.'),
  intoExisting: flag.default(false).describe('Put the cells into tables that hold some; they stay when it fails.'),
  copy: exportCopy,
  acceptWarnings,
  by,
});

/** What `importTables` is started with. */
export type ImportTablesInput = z.input<typeof requestSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleImport = {
  cluster: 'new',
  root: 'backups',
  chain: 'shop',
  as: { namespace: 'imported' },
} satisfies ImportTablesInput;

const IMPORT: RequestKind<typeof requestSchema, ImportRequest> = {
  noun: 'import request',
  schema: requestSchema,
  knownFields: {
    '': Object.keys(requestSchema.shape),
    as: Object.keys(asSchema.shape),
    copy: EXPORT_COPY_FIELDS,
  },
  example: exampleImport,
  findRawContradictions: (input) => findEmptyChoice(input, 'chain'),
  findContradictions: ({ tables }) => findTableContradictions(tables),
  toRequest: ({ upTo, tables, by: who, as, ...rest }) => ({
    ...rest,
    tables: tables.map(toCanonicalName),
    as: toNewNames(as),
    ...(upTo === undefined ? {} : { upTo }),
    ...(who === undefined ? {} : { by: who }),
  }),
};

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseImportRequest(input: unknown): Parsed<ImportRequest> {
  return parseRequest(IMPORT, input);
}

/** JSON Schema of the input, for editors. */
export function importRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
