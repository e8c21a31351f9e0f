import type { BackupFiles, BackupRecord } from '../../workflows/contract/backup/record.ts';
import { digestOf } from '../digest.ts';

/** The record with its digest, as `writeRecord` takes it; a digest that it has already is replaced. */
export function sealRecord(record: Omit<BackupRecord, 'digest'> & { digest?: string }): BackupRecord {
  const { digest: _replaced, ...rest } = record;
  return { ...rest, digest: digestOf(rest) };
}

/** `filesDigest` of a table's file list: the order in which the files were found does not matter. */
export function digestFiles({ formatVersion, id, table, files }: BackupFiles): string {
  return digestOf({ formatVersion, id, table, files: sortFiles(files) });
}

export function sortFiles(files: BackupFiles['files']): BackupFiles['files'] {
  const plain = files.map(({ path, bytes }) => ({ path, bytes }));
  return plain.toSorted((a, b) => compareNames(a.path, b.path));
}

/** By code units: the same on every machine, whatever its language. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
