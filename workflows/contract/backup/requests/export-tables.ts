import { z } from 'zod';
import {
  cluster,
  copyLimits,
  findTableContradictions,
  flag,
  group,
  problem,
  someTables,
  toCanonicalName,
  wholeNumber,
} from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { ExportRequest } from '../export.ts';
import { by, chainName, instant, root } from './fields.ts';

/** HBase's own limit, and what its shell takes for "all". */
const ALL_VERSIONS = 2_147_483_647;
/** A comma ends a name in the one setting that Export takes families by. */
const FAMILY = /^[^\p{Cc}\s,:/]{1,255}$/u;

const copySchema = z.strictObject(
  { parallelTables: copyLimits.parallelTables },
  { error: 'must be a group, such as {"parallelTables": 2}' },
);
export const exportCopy = group(copySchema);
export const EXPORT_COPY_FIELDS: readonly string[] = Object.keys(copySchema.shape);

const requestSchema = z.strictObject({
  cluster: cluster('cluster'),
  tables: someTables.describe('Tables and patterns, such as "shop:*"; the same ones for a whole chain.'),
  root: root.describe('Name of the storage root in the clusters file that holds the exports.'),
  chain: chainName.describe(
    'Name of the chain: the first export of a name is whole, each later one goes on from there.',
  ),
  versions: wholeNumber({ least: 1, most: ALL_VERSIONS })
    .optional()
    .describe('Newest versions of each cell; 1 when left out, all with "raw".'),
  families: z
    .array(z.string().regex(FAMILY, { error: 'must be the name of a column family, without comma' }), {
      error: 'must be a list of column families, such as ["d"]',
    })
    .default([])
    .describe('Only these column families; all when left out.'),
  raw: flag.default(false).describe('Delete markers too, as far as no compaction has removed them.'),
  to: instant.optional().describe('End of the time range, e.g. "2026-11-21T07:15:00Z"; as late as is safe without.'),
  newBase: flag.default(false).describe('Begin anew with the whole tables.'),
  allowOtherCluster: flag.default(false).describe('Export into a root that holds backups of another cluster.'),
  copy: exportCopy,
  by,
});

/** What `exportTables` is started with. */
export type ExportTablesInput = z.input<typeof requestSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleExport = {
  cluster: 'old',
  tables: ['shop:*'],
  root: 'backups',
  chain: 'shop',
} satisfies ExportTablesInput;

const EXPORT: RequestKind<typeof requestSchema, ExportRequest> = {
  noun: 'export request',
  schema: requestSchema,
  knownFields: { '': Object.keys(requestSchema.shape), copy: EXPORT_COPY_FIELDS },
  example: exampleExport,
  findContradictions: ({ tables, families }) => [
    ...findTableContradictions(tables),
    ...problem(new Set(families).size < families.length, { field: 'families', message: 'names a family twice' }),
  ],
  toRequest: ({ tables, versions, families, to, by: who, ...rest }) => ({
    ...rest,
    tables: tables.map(toCanonicalName),
    families: families.toSorted(),
    versions: versions ?? (rest.raw ? ALL_VERSIONS : 1),
    ...(to === undefined ? {} : { toMs: to }),
    ...(who === undefined ? {} : { by: who }),
  }),
};

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseExportRequest(input: unknown): Parsed<ExportRequest> {
  return parseRequest(EXPORT, input);
}

/** JSON Schema of the input, for editors. */
export function exportRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
