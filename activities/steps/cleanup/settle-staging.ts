import type { NoteValues } from '../../run-record/note-values.ts';
import { isStagingOwner } from '../../run-record/staging-owner.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { Look, Settling } from './settling.ts';

/** Files are removed only in a folder that carries our owner file and is not inside an HBase root (hazard 21). */
export const lookAtStaging: Look<NoteValues['staging']> = async ({ value: { uri } }, settling) => {
  const { cluster, run } = settling;
  const { files } = await cluster.files.measure(uri);
  if (files === 0) return { state: 'settled' };
  const isOurs = await isStagingOwner(cluster.files, { uri, runId: run.runId });
  const why = isOurs ? await findRoot(settling, uri) : 'it carries no owner file of this run';
  if (why !== undefined) return { state: 'kept', why: `${uri}: ${why}`, command: `hdfs dfs -rm -r ${uri}` };
  const act = () => cluster.files.remove(uri, { recursive: true });
  return { state: 'there', action: `remove ${files} files below ${uri}`, act };
};

async function findRoot({ world, run }: Settling, uri: string): Promise<string | undefined> {
  const clusters = await Promise.all([run.source, run.target].map((name) => world.deps.cluster(name)));
  const roots = await Promise.all(clusters.map(readRootPaths));
  const root = roots.flat().find((one) => uri === one || uri.startsWith(`${one}/`) || one.startsWith(`${uri}/`));
  return root === undefined ? undefined : `it is inside the HBase root ${root}, or holds it`;
}

/** With and without the file system: either form may have been written down. */
async function readRootPaths(cluster: HBaseCluster): Promise<string[]> {
  const { rootDir } = await cluster.readFacts();
  return [rootDir, rootDir.replace(/^[a-z0-9+.-]+:\/\/[^/]*/i, '')].filter((root) => root !== '');
}
