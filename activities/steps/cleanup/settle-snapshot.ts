import type { SnapshotName } from '../../../workflows/contract/names.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { isFailsafeOf } from './own-names.ts';
import type { Look } from './settling.ts';

/** By Admin only: nothing under an HBase root is ever removed as a file (hazard 21). */
export const lookAtSnapshot: Look<NoteValues['snapshot']> = async ({ subject }, { cluster }) => {
  const names = await listSnapshotAndFailsafes(cluster, subject);
  if (names.length === 0) return { state: 'settled' };
  return { state: 'there', action: `delete ${names.join(', ')}`, act: () => deleteSnapshots(cluster, names) };
};

/** A killed export leaves a manifest in `.tmp`, which no Admin call removes: the next start of the master does. */
export const lookAtImportedSnapshot: Look<NoteValues['imported-snapshot']> = async (note, settling) => {
  const found = await lookAtSnapshot(note, settling);
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
  for (const name of names) await cluster.deleteSnapshot(name);
}

export async function findTemporaryManifest(cluster: HBaseCluster, snapshot: SnapshotName) {
  const folder = `${(await cluster.readFacts()).rootDir}/.hbase-snapshot/.tmp`;
  const entries = await cluster.files.list(folder);
  return entries.some(({ name }) => name === snapshot) ? `${folder}/${snapshot}` : undefined;
}
