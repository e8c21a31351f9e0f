import type { SnapshotName } from '../../../workflows/contract/names.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { isFailsafeOf } from './own-names.ts';
import type { Finding, Look, Settling } from './settling.ts';

const POLL_MS = 1_000;
/** A snapshot that is being taken waits for every region's flush. */
const LONGEST_TAKING_MS = 60_000;

/**
 * By Admin only: nothing under an HBase root is ever removed as a file (hazard 21). One that is still being taken, since
 * its request was given up, is waited for: it would land when nobody looks any more.
 */
export const lookAtSnapshot: Look<NoteValues['snapshot']> = async ({ subject }, settling) => {
  const { cluster } = settling;
  const taking = await waitWhileTaken(subject, settling);
  const found = await lookAtListed(cluster, subject);
  if (found.state !== 'settled' || taking === undefined) return found;
  const why = `it is being taken in ${taking} for longer than a minute; the next start of the master removes it`;
  return { state: 'kept', why, command: `delete_snapshot '${subject}', or hdfs dfs -rm -r ${taking}` };
};

async function lookAtListed(cluster: HBaseCluster, snapshot: SnapshotName): Promise<Finding> {
  const names = await listSnapshotAndFailsafes(cluster, snapshot);
  if (names.length === 0) return { state: 'settled' };
  return { state: 'there', action: `delete ${names.join(', ')}`, act: () => deleteSnapshots(cluster, names) };
}

/** The working folder while there is one. */
async function waitWhileTaken(snapshot: SnapshotName, { cluster, dryRun, world: { ctx } }: Settling) {
  const untilMs = ctx.nowMs() + (dryRun ? 0 : LONGEST_TAKING_MS);
  for (;;) {
    const folder = await findTemporaryManifest(cluster, snapshot);
    if (folder === undefined || ctx.nowMs() >= untilMs) return folder;
    ctx.progress({ phase: `waiting for the end of snapshot ${snapshot}` });
    await ctx.sleep(POLL_MS);
  }
}

/** A killed export leaves a manifest in `.tmp`, which no Admin call removes: the next start of the master does. */
export const lookAtImportedSnapshot: Look<NoteValues['imported-snapshot']> = async (note, settling) => {
  const found = await lookAtListed(settling.cluster, note.subject);
  if (found.state !== 'settled') return found;
  const leftover = await findTemporaryManifest(settling.cluster, note.subject);
  if (leftover === undefined) return found;
  const why = `a killed export left ${leftover}; the next start of the master removes it`;
  return { state: 'kept', why, command: `hdfs dfs -rm -r ${leftover}` };
};

async function listSnapshotAndFailsafes(cluster: HBaseCluster, snapshot: SnapshotName): Promise<SnapshotName[]> {
  const names = (await cluster.listSnapshots()).map(({ name }) => name);
  return names.filter((name) => name === snapshot || isFailsafeOf(name, snapshot));
}

/** One after the other: a 2.4 master handles one snapshot at a time. */
async function deleteSnapshots(cluster: HBaseCluster, names: SnapshotName[]): Promise<void> {
  for (const name of names) await deleteSnapshot(cluster, name);
}

/** A failsafe copy is found by its own name and by that of its snapshot, so two may want to delete it. */
async function deleteSnapshot(cluster: HBaseCluster, name: SnapshotName): Promise<void> {
  try {
    await cluster.deleteSnapshot(name);
  } catch (error) {
    if (!(error instanceof Failure && error.code === 'hbase.not-found')) throw error;
  }
}

export async function findTemporaryManifest(cluster: HBaseCluster, snapshot: SnapshotName) {
  const folder = `${await readRootDir(cluster)}/.hbase-snapshot/.tmp`;
  const entries = await cluster.files.list(folder);
  return entries.some(({ name }) => name === snapshot) ? `${folder}/${snapshot}` : undefined;
}

/** Never another one; asking for the facts takes long, and a wave has a hundred snapshots. */
const rootDirs = new WeakMap<HBaseCluster, string>();

async function readRootDir(cluster: HBaseCluster): Promise<string> {
  const known = rootDirs.get(cluster) ?? (await cluster.readFacts()).rootDir;
  rootDirs.set(cluster, known);
  return known;
}
