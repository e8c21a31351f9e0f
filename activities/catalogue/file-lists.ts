import type { BackedUpTable, BackupFiles, BackupId } from '../../workflows/contract/backup/record.ts';
import { Failure } from '../failure.ts';
import { type CatalogueStore, ensureFile, requireSound } from './catalogue-store.ts';
import { type FileListPart, parseFileList } from './parse-catalogue.ts';
import { digestFiles, sortFiles } from './seal.ts';

/** About 4 MiB of JSON. */
const FILES_PER_PART = 25_000;

/**
 * Writes the file list of one table, before the record. The same list again is done already.
 *
 * @returns `filesDigest`, as the record names the list by.
 * @throws Failure `backup.conflict` when something else stands in its place.
 */
export async function writeFiles(store: CatalogueStore, list: BackupFiles): Promise<string> {
  const { formatVersion, id, table } = list;
  const files = sortFiles(list.files);
  const filesDigest = digestFiles(list);
  const parts = Math.max(1, Math.ceil(files.length / FILES_PER_PART));
  for (let part = 0; part < parts; part += 1) {
    const share = files.slice(part * FILES_PER_PART, (part + 1) * FILES_PER_PART);
    const content = JSON.stringify({ formatVersion, id, table, parts, files: share });
    await ensureFile(store, { path: store.paths.fileList({ id, table, filesDigest, part }), content });
  }
  return filesDigest;
}

/** What the record says about a table's file list. */
export type FileListRef = Pick<BackedUpTable, 'table' | 'filesDigest'> & { id: BackupId };

/** @throws Failure `backup.damaged` when a part is missing or damaged, or the whole is not what the record names. */
export async function readFiles(store: CatalogueStore, ref: FileListRef): Promise<BackupFiles> {
  const first = await readPart(store, { ...ref, part: 0 });
  const others = Array.from({ length: first.parts - 1 }, (_, index) => index + 1);
  const rest = await Promise.all(others.map((part) => readPart(store, { ...ref, part })));
  const files = sortFiles([first, ...rest].flatMap((part) => part.files));
  const list: BackupFiles = { formatVersion: 1, id: ref.id, table: ref.table, files };
  if (digestFiles(list) === ref.filesDigest) return list;
  const path = store.paths.fileList({ ...ref, part: 0 });
  throw new Failure('backup.damaged', `${path} is damaged: it is not the list that the record of ${ref.id} names.`, {
    table: ref.table,
  });
}

async function readPart(store: CatalogueStore, place: FileListRef & { part: number }): Promise<FileListPart> {
  const path = store.paths.fileList(place);
  const text = await store.files.read(path);
  if (text !== undefined) return requireSound(path, parseFileList(text));
  throw new Failure('backup.damaged', `${path}, a file list of backup ${place.id}, is missing.`, {
    table: place.table,
  });
}
