import { z } from 'zod';
import {
  cluster,
  copyLimits,
  findTableContradictions,
  flag,
  group,
  oneOf,
  someTables,
  toCanonicalName,
  toTablesName,
} from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { BackupRequest } from '../requests.ts';
import { by, oneLine, root, setName, tags } from './fields.ts';

const copySchema = z.strictObject(copyLimits, { error: 'must be a group, such as {"mappers": 4}' });

const requestSchema = z.strictObject({
  cluster: cluster('cluster'),
  tables: someTables.describe('Tables and patterns, such as "shop:*".'),
  root: root.describe('Name of the storage root in the clusters file that holds the backups.'),
  set: setName.optional().describe('What the backup is one of, for retention, drills and status; made from tables.'),
  cause: oneOf(['manual', 'schedule']).default('manual').describe('Why it runs.'),
  owner: oneLine('a name').optional().describe('Who answers for it.'),
  tags: tags.describe('Names and texts to find it by, such as {"release": "4.2"}.'),
  copy: group(copySchema),
  digests: flag.default(false).describe('Digest the exported files, which drills compare with: reads every file once.'),
  allowOtherCluster: flag.default(false).describe('Export into a root that holds backups of another cluster.'),
  by,
});

/** What `backUpTables` is started with. */
export type BackUpTablesInput = z.input<typeof requestSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleBackup = {
  cluster: 'old',
  tables: ['shop:*'],
  root: 'backups',
  set: 'shop',
} satisfies BackUpTablesInput;

const BACKUP: RequestKind<typeof requestSchema, BackupRequest> = {
  noun: 'backup request',
  schema: requestSchema,
  knownFields: { '': Object.keys(requestSchema.shape), copy: Object.keys(copySchema.shape) },
  example: exampleBackup,
  findContradictions: ({ tables }) => findTableContradictions(tables),
  toRequest: ({ owner, by: who, set, tables, ...rest }) => ({
    ...rest,
    tables: tables.map(toCanonicalName),
    set: set ?? toTablesName(tables, `${rest.cluster}-`),
    ...(owner === undefined ? {} : { owner }),
    ...(who === undefined ? {} : { by: who }),
  }),
};

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseBackupRequest(input: unknown): Parsed<BackupRequest> {
  return parseRequest(BACKUP, input);
}

/** JSON Schema of the input, for editors. */
export function backupRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}
