import pLimit from 'p-limit';
import { digestOf } from '../digest.ts';
import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';
import { READERS } from '../run-record/claims.ts';
import type { CataloguePaths } from './catalogue-paths.ts';
import type { Parsed } from './parse-catalogue.ts';

/** A backup root through the gateway of one cluster. */
export interface CatalogueStore {
  /** Bounded: whatever asks for a thousand files asks for a few at a time. */
  files: FileStore;
  paths: CataloguePaths;
  nowIso: () => string;
}

/** The agent reads no larger file, 16 MiB; what could not be read back is not written. */
const LARGEST_FILE = 15 * 1024 * 1024;

/**
 * Create-if-absent of a file that says the same whoever writes it. Done, too, when it stands with this content.
 *
 * @throws Failure `backup.conflict` when it stands with another content, `request.invalid` when it would be too large.
 */
export async function ensureFile(
  store: CatalogueStore,
  file: { path: string; content: string; within?: string },
): Promise<void> {
  const { path, content, within } = file;
  requireReadable(file);
  if (await store.files.create(path, content, within === undefined ? {} : { within })) return;
  const standing = await store.files.read(path);
  if (standing !== undefined && saysSame(standing, content)) return;
  throw new Failure('backup.conflict', `${path} stands already, with another content.`);
}

function saysSame(standing: string, content: string): boolean {
  try {
    return standing === content || digestOf(JSON.parse(standing)) === digestOf(JSON.parse(content));
  } catch {
    // Damaged: it says something else.
    return false;
  }
}

function requireReadable({ path, content }: { path: string; content: string }): void {
  const bytes = Buffer.byteLength(content);
  if (bytes <= LARGEST_FILE) return;
  const message = `${path} would have ${bytes} bytes, and no more than ${LARGEST_FILE} can be read back: too many tables and regions for one backup.`;
  throw new Failure('request.invalid', message);
}

/** Names of the entries of a folder; what is hidden are drafts of files that are being created. */
export async function listNames(store: CatalogueStore, folder: string): Promise<string[]> {
  const names = (await store.files.list(folder)).map(({ name }) => name);
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

/** Reading is many small requests to one agent: a few at a time, however many are asked for. */
export function boundReads(files: FileStore): FileStore {
  const limit = pLimit(READERS);
  return {
    ...files,
    read: (path) => limit(() => files.read(path)),
    list: (path) => limit(() => files.list(path)),
  };
}

export function requireSound<T>(path: string, parsed: Parsed<T>): T {
  if ('value' in parsed) return parsed.value;
  throw new Failure('backup.damaged', `${path} is damaged: ${parsed.damage}.`);
}
