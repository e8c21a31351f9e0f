import { z } from 'zod';
import { durationSchema } from '../../requests/duration.ts';
import { cluster, findTableContradictions, flag, someTables, toCanonicalName } from '../../requests/fields.ts';
import { parseRequest, type Parsed, type RequestKind } from '../../requests/parse-request.ts';
import type { ArchiveRequest, StopArchiveRequest } from '../archive.ts';
import { root, setName } from './fields.ts';

const requestSchema = z.strictObject({
  cluster: cluster('cluster'),
  tables: someTables.describe('Tables and patterns, such as "shop:*": what is looked at for breaks of the chain.'),
  root: root.describe('Name of the storage root in the clusters file that holds the backups.'),
  set: setName.describe('The set whose backups are the bases.'),
  window: durationSchema({ least: '1h', most: '366d' }).default(604_800_000).describe('How far back, e.g. "7d".'),
});

const stopSchema = z.strictObject({
  cluster: cluster('cluster'),
  root: root.describe('Name of the storage root in the clusters file that holds the archive.'),
  set: setName.describe('Whose archive ends.'),
  dropWals: flag.default(false).describe('Also delete what is archived.'),
});

/** What `archiveWals` is started with. */
export type ArchiveWalsInput = z.input<typeof requestSchema>;
/** What `stopArchive` is started with. */
export type StopArchiveInput = z.input<typeof stopSchema>;

/** Shown to whoever starts it with an empty input, and by `temporal-hbase input`. */
export const exampleArchive = {
  cluster: 'old',
  tables: ['shop:*'],
  root: 'backups',
  set: 'shop',
  window: '7d',
} satisfies ArchiveWalsInput;
export const exampleStopArchive = { cluster: 'old', root: 'backups', set: 'shop' } satisfies StopArchiveInput;

const ARCHIVE: RequestKind<typeof requestSchema, ArchiveRequest> = {
  noun: 'archive request',
  schema: requestSchema,
  knownFields: { '': Object.keys(requestSchema.shape) },
  example: exampleArchive,
  findContradictions: ({ tables }) => findTableContradictions(tables),
  toRequest: ({ window, tables, ...rest }) => ({ ...rest, tables: tables.map(toCanonicalName), windowMs: window }),
};

const STOP: RequestKind<typeof stopSchema, StopArchiveRequest> = {
  noun: 'request to stop an archive',
  schema: stopSchema,
  knownFields: { '': Object.keys(stopSchema.shape) },
  example: exampleStopArchive,
  toRequest: (request) => request,
};

/** Parses what a user gave, or answers with all problems at once. Never throws. */
export function parseArchiveRequest(input: unknown): Parsed<ArchiveRequest> {
  return parseRequest(ARCHIVE, input);
}

export function parseStopArchiveRequest(input: unknown): Parsed<StopArchiveRequest> {
  return parseRequest(STOP, input);
}

/** JSON Schema of the input, for editors. */
export function archiveRequestJsonSchema(): object {
  return z.toJSONSchema(requestSchema, { io: 'input' });
}

export function stopArchiveJsonSchema(): object {
  return z.toJSONSchema(stopSchema, { io: 'input' });
}
