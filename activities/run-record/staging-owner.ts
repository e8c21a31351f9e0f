import type { RunId } from '../../workflows/contract/names.ts';
import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';

/** Says whose a staging folder is. Only a folder that carries it is ever removed as files (hazards 21). */
const OWNER_FILE = '_temporal-hbase-owner.json';

/**
 * Marks the run's own folder below a storage root, before anything is put there. The copier carries the file along, so
 * the folder on the target's side has it too.
 *
 * @throws Failure `run.claimed` when the folder is another run's.
 */
export async function ensureStagingOwner(files: FileStore, { uri, runId }: StagingFolder): Promise<void> {
  await files.create(`${uri}/${OWNER_FILE}`, JSON.stringify({ runId }));
  if (await isStagingOwner(files, { uri, runId })) return;
  throw new Failure('run.claimed', `The staging folder ${uri} belongs to another run.`);
}

/** Is the folder this run's? False when nothing says so: then nobody may remove it. */
export async function isStagingOwner(files: FileStore, { uri, runId }: StagingFolder): Promise<boolean> {
  const text = await files.read(`${uri}/${OWNER_FILE}`);
  return text === JSON.stringify({ runId });
}

export interface StagingFolder {
  /** The run's own folder, a full URI. */
  uri: string;
  runId: RunId;
}
