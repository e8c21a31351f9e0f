import {
  BACKUP_ID,
  type BackedUpTable,
  type BackupEvent,
  type BackupFiles,
  type BackupId,
  type BackupRecord,
  type Catalogue,
} from '../../workflows/contract/backup/record.ts';
import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';
import { createCataloguePaths } from './catalogue-paths.ts';
import { ensureRoot, readRoot, type RootClaim, type RootFacts } from './catalogue-root.ts';
import { boundReads, type CatalogueStore } from './catalogue-store.ts';
import { appendEvent, type EventsOfBackup, readEvents } from './events.ts';
import { readFiles, writeFiles } from './file-lists.ts';
import { createLeases, type Leases } from './leases.ts';
import {
  type BackupHistory,
  type CatalogueEntry,
  listExpired,
  listUnfinished,
  readAll,
  readHistory,
  readOne,
} from './read-catalogue.ts';
import { writeRecord } from './write-record.ts';

export interface CatalogueOptions {
  /** Of a cluster whose gateway reads the root. */
  files: FileStore;
  /** Full URI of the backup root. */
  rootUri: string;
  nowMs: () => number;
}

/**
 * What a backup root knows about its backups. It stands in the root itself, so a lost orchestrator or a lost source
 * cluster loses no backup (design §5); nothing in it is ever overwritten (hazard 47).
 */
export interface RootCatalogue {
  ensureRoot(claim: RootClaim): Promise<RootFacts>;
  /** undefined when the root holds no catalogue. */
  readRoot(): Promise<RootFacts | undefined>;
  /** Writes a table's file list and answers its `filesDigest`. */
  writeFiles(list: BackupFiles): Promise<string>;
  /** COMMIT POINT of a backup. Refuses a record whose file lists are not all there. */
  writeRecord(record: BackupRecord): Promise<void>;
  /** Backups that are not expired, oldest first, and everything that cannot be read. Empty for an empty root. */
  readAll(): Promise<Catalogue>;
  /** Every backup that there is or was, with all of its events. */
  readHistory(): Promise<BackupHistory[]>;
  /** @throws Failure `backup.unknown`, or `backup.damaged` when the record cannot be read. */
  readOne(id: BackupId): Promise<CatalogueEntry>;
  /** The files of one table of a record that was read; checks the digest. */
  readFiles(record: BackupRecord, table: BackedUpTable): Promise<BackupFiles>;
  appendEvent(id: BackupId, event: BackupEvent): Promise<BackupEvent>;
  /** Also of backups whose record has gone. */
  readEvents(id: BackupId): Promise<EventsOfBackup>;
  /** Backups that were begun and have no record: of runs in flight, or left by runs that ended otherwise. */
  listUnfinished(): Promise<BackupId[]>;
  /** Removes the file lists of a backup that has no record. For the run's undo, before its lease goes. */
  removeUnfinished(id: BackupId): Promise<void>;
  /** Backups that are expired, and whose record or file lists still stand. */
  listExpired(): Promise<BackupId[]>;
  /** Removes record and file lists of a backup with the event `expired`; its events stay. */
  removeExpired(id: BackupId): Promise<void>;
  readonly leases: Leases;
}

export function createCatalogue({ files, rootUri, nowMs }: CatalogueOptions): RootCatalogue {
  const paths = createCataloguePaths(rootUri);
  const store: CatalogueStore = { files: boundReads(files), paths, nowIso: () => new Date(nowMs()).toISOString() };
  return {
    ensureRoot: (claim) => ensureRoot(store, claim),
    readRoot: () => readRoot(store),
    writeFiles: (list) => writeFiles(store, list),
    writeRecord: (record) => writeRecord(store, record),
    readAll: () => readAll(store),
    readHistory: () => readHistory(store),
    readOne: (id) => readOne(store, id),
    readFiles: ({ id }, table) => readFiles(store, { ...table, id }),
    appendEvent: async (id, event) => appendEvent(store, requireBackupId(id), event),
    readEvents: async (id) => readEvents(store, requireBackupId(id)),
    listUnfinished: () => listUnfinished(store),
    removeUnfinished: async (id) => removeUnfinished(store, requireBackupId(id)),
    listExpired: () => listExpired(store),
    removeExpired: async (id) => removeExpired(store, requireBackupId(id)),
    leases: createLeases(store),
  };
}

async function removeUnfinished(store: CatalogueStore, id: BackupId): Promise<void> {
  if ((await store.files.read(store.paths.record(id))) !== undefined) {
    throw new Failure('internal', `Backup ${id} has a record, so it only goes by expiry.`);
  }
  await store.files.remove(store.paths.backup(id), { recursive: true });
}

/** The record first: a crash in between leaves file lists that belong to no backup, never a backup without them. */
async function removeExpired(store: CatalogueStore, id: BackupId): Promise<void> {
  const { events } = await readEvents(store, id);
  if (!events.some(({ event }) => event.kind === 'expired')) {
    throw new Failure('internal', `Backup ${id} is not expired, so its record stays.`);
  }
  await store.files.remove(store.paths.record(id));
  await store.files.remove(store.paths.backup(id), { recursive: true });
}

/** An id becomes part of a path, also of one that is removed. */
function requireBackupId(id: BackupId): BackupId {
  if (BACKUP_ID.test(id)) return id;
  throw new Failure('backup.unknown', `${JSON.stringify(id)} is no backup id, such as 20261121T071500Z-k3x9.`);
}
