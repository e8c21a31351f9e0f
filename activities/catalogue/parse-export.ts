import { z } from 'zod';
import type { ExportedTableFile, ExportRecord, ImportEvent } from '../../workflows/contract/backup/export.ts';
import { BACKUP_ID } from '../../workflows/contract/backup/record.ts';
import { digestOf } from '../digest.ts';
import { lineageOfTable } from './parse-archive.ts';
import { backedUpFamily, parseFile, type Parsed } from './parse-catalogue.ts';

/** Loose like the catalogue: a field of a newer version survives, a newer `formatVersion` is damage. */
const formatVersion = z.literal(1);
const time = z.iso.datetime({ offset: true });
const size = z.int().nonnegative();
const texts = z.record(z.string(), z.string());
const id = z.string().regex(BACKUP_ID);

const record: z.ZodType<ExportRecord> = z.looseObject({
  formatVersion,
  chain: z.string(),
  number: z.int().positive(),
  id,
  runId: z.string(),
  workflowId: z.string(),
  by: z.string().optional(),
  kind: z.enum(['base', 'increment']),
  continues: z.string().optional(),
  cluster: z.looseObject({ name: z.string(), clusterId: z.string(), version: z.string() }),
  startedAt: time,
  finishedAt: time,
  fromMs: size,
  toMs: size,
  versions: z.int().positive(),
  families: z.array(z.string()),
  raw: z.boolean(),
  tables: z.array(z.looseObject({ table: z.string(), rows: size, bytes: size, files: size, digest: z.string() })),
  rows: size,
  bytes: size,
  files: size,
  warnings: z.array(z.looseObject({ code: z.string(), table: z.string().optional(), message: z.string() })),
  digest: z.string(),
});

const table: z.ZodType<ExportedTableFile> = z.looseObject({
  formatVersion,
  id,
  table: z.string(),
  // It becomes a part of a path.
  folder: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_~-]*$/),
  families: z.array(backedUpFamily),
  attributes: texts,
  schemaDigest: z.string(),
  regions: z.array(z.looseObject({ startKey: z.string(), endKey: z.string() })),
  lineage: lineageOfTable,
  rows: size,
  bytes: size,
  files: z.array(z.looseObject({ name: z.string(), bytes: size })),
});

const imported: z.ZodType<ImportEvent> = z.looseObject({
  formatVersion,
  kind: z.literal('import'),
  at: time,
  by: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  cluster: z.string(),
  tables: z.array(z.string()),
  upTo: z.string(),
  accepted: z.array(z.string()),
});

export const parseImportEvent = (text: string): Parsed<ImportEvent> => parseFile(text, imported);

/** A record whose digest does not fit was changed by hand or by a failing disk: nobody may import by it. */
export function parseExportRecord(text: string): Parsed<ExportRecord> {
  const parsed = parseFile(text, record);
  if ('damage' in parsed) return parsed;
  const { digest, ...rest } = parsed.value;
  return digestOf(rest) === digest ? parsed : { damage: 'its digest does not fit its content' };
}

/** @param digest - As the record names the file. */
export function parseExportedTable(text: string, digest: string): Parsed<ExportedTableFile> {
  const parsed = parseFile(text, table);
  if ('damage' in parsed) return parsed;
  return digestOf(parsed.value) === digest ? parsed : { damage: 'it is not the one that the record names' };
}

export function sealExportRecord(unsealed: Omit<ExportRecord, 'digest'>): ExportRecord {
  return { ...unsealed, digest: digestOf(unsealed) };
}
