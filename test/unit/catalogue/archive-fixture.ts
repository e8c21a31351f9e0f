import type { ArchiveFile } from '../../../activities/catalogue/parse-archive.ts';
import type { ArchivedWal, ArchiveTick } from '../../../workflows/contract/backup/archive.ts';

export function walOf(changes: Partial<ArchivedWal> = {}): ArchivedWal {
  return {
    formatVersion: 1,
    clusterId: 'c-1',
    server: 'rs1,16020,1',
    name: 'rs1.1',
    group: 'rs1',
    startedMs: 1,
    entries: 0,
    tables: [],
    bytes: 10,
    sha256: 'a',
    ...changes,
  };
}

/** A WAL with edits of one table between two times. */
export function writtenWal(
  name: string,
  { firstMs, lastMs, table = 'shop:a', bulkLoadFiles = 0 }: WrittenWal,
): ArchivedWal {
  const tables = [{ table, edits: 1, firstMs, lastMs, bulkLoadFiles, opened: [], closed: [] }];
  return walOf({ name, startedMs: firstMs, entries: 1, firstMs, lastMs, tables });
}

export interface WrittenWal {
  firstMs: number;
  lastMs: number;
  table?: string;
  bulkLoadFiles?: number;
}

export function tickOf(changes: Partial<ArchiveTick> = {}): ArchiveTick {
  return {
    formatVersion: 1,
    set: 'shop',
    clusterId: 'c-1',
    at: '2026-11-21T07:15:00.000Z',
    runId: 'r1',
    workflowId: 'w1',
    windowMs: 1_000,
    tables: ['shop:a'],
    coveredFromMs: 0,
    coveredToMs: 0,
    breaks: [],
    holder: 'thb_hold_x_1',
    held: [],
    servers: [],
    archived: [],
    bytes: 0,
    lineage: 'l',
    lineageMs: 0,
    unlogged: [],
    blind: [],
    ...changes,
  };
}

export function archiveFileOf(changes: Partial<ArchiveFile> = {}): ArchiveFile {
  const plan = { runId: 'hold_x', digest: 'd' } as unknown as ArchiveFile['plan'];
  return { formatVersion: 1, set: 'shop', clusterId: 'c-1', at: '2026-11-21T07:15:00.000Z', plan, ...changes };
}
