import type { ExpiryCounts } from '../../../workflows/contract/backup/step-data.ts';
import type { RunId, SnapshotName } from '../../../workflows/contract/names.ts';
import { createCataloguePaths } from '../../catalogue/catalogue-paths.ts';
import { changeEach, type HeldRoot, type SeenRoot } from './held-root.ts';
import type { Trash } from './judge-trash.ts';

/** What expiries have moved away, theirs and others'; laid out as a root is, so that HBase's own code reads it. */
export interface FoundTrash {
  /** URI of the folder of each expiry. */
  folders: string[];
  /** By name: the folder it is in. */
  manifests: ReadonlyMap<SnapshotName, string>;
  /** By path relative to the root. */
  files: ReadonlyMap<string, { folder: string; bytes: number }>;
}

export function toTrashFolder({ rootUri }: SeenRoot, runId: RunId): string {
  return `${createCataloguePaths(rootUri).trash}/${runId}`;
}

export async function readTrash(root: SeenRoot): Promise<FoundTrash> {
  const { trash } = createCataloguePaths(root.rootUri);
  const entries = await root.cluster.files.list(trash);
  const folders = entries.map(({ name }) => `${trash}/${name}`);
  const manifests = new Map<SnapshotName, string>();
  const files = new Map<string, { folder: string; bytes: number }>();
  for (const folder of folders) {
    const listing = await root.cluster.listRoot(folder);
    for (const { name } of listing.manifests) manifests.set(name, folder);
    for (const { path, bytes } of listing.files) files.set(path, { folder, bytes });
  }
  return { folders, manifests, files };
}

export function toNames({ manifests, files }: FoundTrash): Trash {
  return { manifests: [...manifests.keys()], files: [...files.keys()] };
}

export function countTrash({ manifests, files }: FoundTrash): ExpiryCounts {
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
  return { manifests: manifests.size, files: files.size, bytes };
}

export function toManifestPath(rootUri: string, name: SnapshotName): string {
  return `${rootUri}/.hbase-snapshot/${name}`;
}

/** Files first: no manifest ever stands without its files. What has come back meanwhile is not overwritten. */
export async function putBack(held: HeldRoot, trash: FoundTrash, { manifests, files }: Trash): Promise<void> {
  const { rootUri, cluster } = held;
  await changeEach(held, { items: files, phase: 'putting files back' }, (path) =>
    cluster.files.move(`${trash.files.get(path)?.folder}/${path}`, `${rootUri}/${path}`),
  );
  await changeEach(held, { items: manifests, phase: 'putting manifests back' }, (name) =>
    cluster.files.move(toManifestPath(trash.manifests.get(name) ?? '', name), toManifestPath(rootUri, name)),
  );
}
