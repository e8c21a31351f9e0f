import { z } from 'zod';
import { BACKUP_ID, type BackupEvent, type BackupRecord } from '../../workflows/contract/backup/record.ts';
import { digestOf } from '../digest.ts';

/** What a file of the catalogue says, or why it cannot be read: damage is reported, never skipped. */
export type Parsed<T> = { value: T } | { damage: string };

/**
 * Objects are loose: a field that a newer version added survives, and belongs to the digest. A newer `formatVersion`,
 * or an event of an unknown kind, is damage: it may mean that a backup must stay.
 */
const formatVersion = z.literal(1);
const time = z.iso.datetime({ offset: true });
const texts = z.record(z.string(), z.string());
const size = z.int().nonnegative();

export const backedUpFamily = z.looseObject({
  name: z.string(),
  maxVersions: z.int(),
  ttlSeconds: z.int(),
  compression: z.string(),
  dataBlockEncoding: z.string(),
  attributes: texts,
});

const table = z.looseObject({
  table: z.string(),
  snapshot: z.string(),
  families: z.array(backedUpFamily),
  attributes: texts,
  schemaDigest: z.string(),
  regions: z.array(z.looseObject({ startKey: z.string(), endKey: z.string() })),
  bytes: size,
  newBytes: size,
  files: size,
  filesDigest: z.string(),
  content: z.looseObject({ rows: size, cells: size, digest: z.string() }).optional(),
});

const record: z.ZodType<BackupRecord> = z.looseObject({
  formatVersion,
  id: z.string().regex(BACKUP_ID),
  runId: z.string(),
  workflowId: z.string(),
  set: z.string(),
  cause: z.enum(['manual', 'schedule', 'chain-broken', 'failsafe']),
  nominalAt: time.optional(),
  owner: z.string().optional(),
  by: z.string().optional(),
  tags: texts,
  cluster: z.looseObject({ name: z.string(), clusterId: z.string(), version: z.string() }),
  startedAt: time,
  finishedAt: time,
  startMs: z.number(),
  endMs: z.number(),
  skewMs: z.number().nonnegative(),
  tables: z.array(table),
  failed: z.array(z.looseObject({ table: z.string(), code: z.string(), message: z.string() })),
  bytes: size,
  newBytes: size,
  files: size,
  skippedFiles: size,
  checksum: z.enum(['file-checksum', 'composite-crc', 'length-only']),
  digest: z.string(),
});

const happened = { at: time, by: z.string(), workflowId: z.string().optional() };
const drill = z.looseObject({
  result: z.enum(['equal', 'different']),
  cluster: z.string(),
  startedAt: time,
  finishedAt: time,
  restoreMs: z.number(),
  bytes: size,
  differences: z.array(z.string()),
});

const event: z.ZodType<BackupEvent> = z.discriminatedUnion('kind', [
  z.looseObject({ ...happened, kind: z.literal('proof'), drill }),
  z.looseObject({ ...happened, kind: z.literal('keep'), reason: z.string() }),
  z.looseObject({ ...happened, kind: z.literal('release') }),
  z.looseObject({
    ...happened,
    kind: z.literal('audit'),
    damaged: z.array(z.string()),
    about: z.literal('content').optional(),
  }),
  z.looseObject({
    ...happened,
    kind: z.literal('restore'),
    cluster: z.string(),
    tables: z.array(z.string()),
    to: z.string().optional(),
    accepted: z.array(z.string()).optional(),
  }),
  z.looseObject({ ...happened, kind: z.literal('expire'), reason: z.string(), set: z.string().optional() }),
  z.looseObject({ ...happened, kind: z.literal('expired') }),
]);

const fileList = z.looseObject({
  formatVersion,
  id: z.string(),
  table: z.string(),
  parts: z.int().positive(),
  files: z.array(z.looseObject({ path: z.string(), bytes: size })),
});
const root = z.looseObject({ formatVersion, clusterId: z.string(), at: time });
const cluster = z.looseObject({ clusterId: z.string(), at: time });
const lease = z.looseObject({ workflowId: z.string(), purpose: z.string(), at: time });

export type FileListPart = z.infer<typeof fileList>;
export type RootFile = z.infer<typeof root>;
export type LeaseFile = z.infer<typeof lease>;

export const parseEvent = (text: string): Parsed<BackupEvent> => parseFile(text, event);
export const parseFileList = (text: string): Parsed<FileListPart> => parseFile(text, fileList);
export const parseRoot = (text: string): Parsed<RootFile> => parseFile(text, root);
export const parseCluster = (text: string): Parsed<z.infer<typeof cluster>> => parseFile(text, cluster);
export const parseLease = (text: string): Parsed<LeaseFile> => parseFile(text, lease);

/** A record whose digest does not fit was changed by hand or by a failing disk: nobody may restore by it. */
export function parseRecord(text: string): Parsed<BackupRecord> {
  const parsed = parseFile(text, record);
  if ('damage' in parsed) return parsed;
  const { digest, ...rest } = parsed.value;
  return digestOf(rest) === digest ? parsed : { damage: 'its digest does not fit its content' };
}

export function parseFile<T>(text: string, schema: z.ZodType<T>): Parsed<T> {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? { value: parsed.data } : { damage: z.prettifyError(parsed.error) };
  } catch (error) {
    return { damage: `no JSON: ${(error as Error).message}` };
  }
}
