import { Failure } from '../failure.ts';
import { type CatalogueStore, listNames } from './catalogue-store.ts';
import { parseCluster, parseRoot, type Parsed } from './parse-catalogue.ts';

/** Whose backups a root holds. */
export interface RootFacts {
  /** The first one made the root. */
  clusterIds: string[];
  /** ISO. */
  createdAt: string;
}

export interface RootClaim {
  clusterId: string;
  /** Put backups into a root that holds those of another cluster. */
  allowOther: boolean;
}

/**
 * Makes the root one of ours, or finds it so. The first cluster owns it by creating `root.json`, which decides between
 * two that come at once; every id stands in a file of its own besides, since nothing can be overwritten. An id that
 * was allowed once needs no consent the next time.
 *
 * @throws Failure `root.other-cluster` naming the owner, `root.unusable` when `root.json` cannot be read.
 */
export async function ensureRoot(store: CatalogueStore, { clusterId, allowOther }: RootClaim): Promise<RootFacts> {
  const at = store.nowIso();
  await store.files.create(store.paths.root, JSON.stringify({ formatVersion: 1, clusterId, at }));
  const facts = await readRoot(store);
  if (!facts) throw new Failure('root.unusable', `${store.paths.root} was written and is not there.`);
  if (!allowOther && !facts.clusterIds.includes(clusterId)) throw otherCluster(store, { clusterId, facts });
  await store.files.create(store.paths.cluster(clusterId), JSON.stringify({ clusterId, at }));
  return { ...facts, clusterIds: [...new Set([...facts.clusterIds, clusterId])] };
}

/** undefined when the root holds no catalogue. */
export async function readRoot(store: CatalogueStore): Promise<RootFacts | undefined> {
  const text = await store.files.read(store.paths.root);
  if (text === undefined) return undefined;
  const { clusterId, at } = requireUsable(store.paths.root, parseRoot(text));
  return { clusterIds: [...new Set([clusterId, ...(await readClusterIds(store))])], createdAt: at };
}

async function readClusterIds(store: CatalogueStore): Promise<string[]> {
  const clusterIds: string[] = [];
  for (const name of await listNames(store, store.paths.clusters)) {
    const path = `${store.paths.clusters}/${name}`;
    const text = await store.files.read(path);
    if (text !== undefined) clusterIds.push(requireUsable(path, parseCluster(text)).clusterId);
  }
  return clusterIds;
}

function requireUsable<T>(path: string, parsed: Parsed<T>): T {
  if ('value' in parsed) return parsed.value;
  throw new Failure('root.unusable', `${path} is damaged or of a newer version: ${parsed.damage}.`);
}

function otherCluster(store: CatalogueStore, { clusterId, facts }: { clusterId: string; facts: RootFacts }): Failure {
  const owners = facts.clusterIds.join(', ');
  const message = `${store.paths.root}: the root holds backups of cluster id ${owners}, and this cluster is ${clusterId}.`;
  return new Failure('root.other-cluster', message);
}
