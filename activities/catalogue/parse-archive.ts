import { z } from 'zod';
import type { ArchivedWal, ArchiveTick, TableLineage } from '../../workflows/contract/backup/archive.ts';
import type { OperationPlan } from '../../workflows/contract/backup/plans.ts';
import { parseFile, type Parsed } from './parse-catalogue.ts';

/** Loose like the catalogue: a field of a newer version survives, a newer `formatVersion` is damage. */
const formatVersion = z.literal(1);
const time = z.iso.datetime({ offset: true });
const ms = z.number();
const size = z.int().nonnegative();
const names = z.array(z.string());
const held = z.array(z.looseObject({ server: z.string(), name: z.string(), startedMs: ms, lastMs: ms.optional() }));

const wal: z.ZodType<ArchivedWal> = z.looseObject({
  formatVersion,
  clusterId: z.string(),
  server: z.string(),
  name: z.string(),
  group: z.string(),
  startedMs: ms,
  entries: size,
  firstMs: ms.optional(),
  lastMs: ms.optional(),
  tables: z.array(
    z.looseObject({
      table: z.string(),
      edits: size,
      firstMs: ms,
      lastMs: ms,
      bulkLoadFiles: size,
      opened: names,
      closed: names,
    }),
  ),
  bytes: size,
  sha256: z.string(),
});

const tick: z.ZodType<ArchiveTick> = z.looseObject({
  formatVersion,
  set: z.string(),
  clusterId: z.string(),
  at: time,
  runId: z.string(),
  workflowId: z.string(),
  windowMs: size,
  tables: names,
  continues: z.string().optional(),
  coveredFromMs: ms,
  coveredToMs: ms,
  gap: names.optional(),
  breaks: z.array(
    z.looseObject({
      table: z.string(),
      kind: z.enum(['created', 'dropped', 're-created', 'restored', 'altered', 'unlogged', 'bulk-load']),
      fromMs: ms,
      toMs: ms,
      why: z.string(),
    }),
  ),
  holder: z.string().optional(),
  held,
  servers: names,
  archived: held,
  bytes: size,
  lineage: z.string(),
  lineageMs: ms,
  unlogged: z.array(z.looseObject({ server: z.string(), mutations: size.optional() })),
  blind: names,
});

export const lineageOfTable: z.ZodType<TableLineage> = z.looseObject({
  table: z.string(),
  families: names,
  descriptor: z.string(),
  descriptorFile: z.string().optional(),
  regions: names,
});

const lineage: z.ZodType<{ formatVersion: 1; tables: TableLineage[] }> = z.looseObject({
  formatVersion,
  tables: z.array(lineageOfTable),
});

const archive = z.looseObject({
  formatVersion,
  set: z.string(),
  clusterId: z.string(),
  at: time,
  plan: z.looseObject({ runId: z.string(), digest: z.string() }),
});

const holder = z.looseObject({ formatVersion, id: z.string(), at: time, by: z.string() });

/** The first tick's; equal for all that follow. */
export interface ArchiveFile {
  formatVersion: 1;
  set: string;
  clusterId: string;
  at: string;
  /** Plan of the run record that names the holders. */
  plan: OperationPlan;
}

export const parseWal = (text: string): Parsed<ArchivedWal> => parseFile(text, wal);
export const parseTick = (text: string): Parsed<ArchiveTick> => parseFile(text, tick);
export const parseLineage = (text: string): Parsed<{ formatVersion: 1; tables: TableLineage[] }> =>
  parseFile(text, lineage);
export const parseHolder = (text: string): Parsed<z.infer<typeof holder>> => parseFile(text, holder);
export function parseArchive(text: string): Parsed<ArchiveFile> {
  const parsed = parseFile(text, archive);
  return 'damage' in parsed ? parsed : { value: parsed.value as unknown as ArchiveFile };
}
