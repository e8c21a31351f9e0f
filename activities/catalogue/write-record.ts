import { BACKUP_ID, type BackupRecord } from '../../workflows/contract/backup/record.ts';
import { Failure } from '../failure.ts';
import { type CatalogueStore, ensureFile } from './catalogue-store.ts';
import { readFiles } from './file-lists.ts';
import { parseRecord } from './parse-catalogue.ts';

/**
 * COMMIT POINT of a backup. Refuses a record that is not sealed, or names a file list that does not stand. An identical
 * record is done; another one of the same id is a failure, so a retry has to build its record from the same facts.
 *
 * It is only created while the backup's file lists stand: one that comes late, after the run was undone, does not
 * bring the backup back (hazard 27).
 *
 * @throws Failure `backup.damaged` for a file list, `backup.conflict` for another record, `internal` for a bad seal.
 */
export async function writeRecord(store: CatalogueStore, record: BackupRecord): Promise<void> {
  const content = JSON.stringify(record);
  requireSealed(record, content);
  for (const table of record.tables) await readFiles(store, { ...table, id: record.id });
  await ensureFile(store, {
    path: store.paths.record(record.id),
    content,
    within: store.paths.tables(record.id),
  });
}

/** What could not be read back is not written. */
function requireSealed(record: BackupRecord, content: string): void {
  const parsed = BACKUP_ID.test(record.id) ? parseRecord(content) : { damage: 'its id is none' };
  if ('value' in parsed && record.tables.length > 0) return;
  const why = 'damage' in parsed ? parsed.damage : 'it has no table';
  throw new Failure('internal', `The record of backup ${record.id} is not written: ${why}.`);
}
