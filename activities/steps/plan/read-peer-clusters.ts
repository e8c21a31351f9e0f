import type { ClusterName, TableName } from '../../../workflows/contract/names.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, TableFamilies } from '../../hbase/cluster.ts';
import { listNewlyShipped } from './preflight/check-other-peers.ts';
import { isSameCluster } from './preflight/endpoints.ts';
import type { PeerCluster, PreflightFacts } from './preflight/facts.ts';

type Pair = Pick<PreflightFacts, 'source' | 'target' | 'tables'>;

/**
 * Asks the clusters to which other peers would begin to ship a table of the wave whether they have it. Only clusters of
 * the clusters file can be asked, and they are only asked when there is such a peer.
 */
export async function readPeerClusters(pair: Pair, world: StepWorld): Promise<PeerCluster[]> {
  const wanted = listWanted(pair);
  if (wanted.size === 0) return [];
  const { known, unread } = await askClusters(pair, world);
  const why = unread.length === 0 ? {} : { why: `not asked: ${unread.join('; ')}` };
  return Promise.all(
    [...wanted].map(async ([clusterKey, tables]): Promise<PeerCluster> => {
      const found = known.find((one) => isSameCluster(one.clusterKey, clusterKey));
      if (!found) return { clusterKey, tables: [], ...why };
      return { clusterKey, name: found.name, tables: await readTables(found.cluster, [...tables]) };
    }),
  );
}

/** Tables by the key of the cluster they would go to. */
function listWanted({ source, target, tables }: Pair): Map<string, Set<TableName>> {
  const wanted = new Map<string, Set<TableName>>();
  for (const [side, { facts }] of Object.entries({ source, target }) as ['source' | 'target', Pair['source']][]) {
    for (const peer of facts.peers) {
      const newly = tables.filter((table) => listNewlyShipped({ side, peer, table }).length > 0);
      if (newly.length === 0) continue;
      const before = wanted.get(peer.clusterKey) ?? [];
      wanted.set(peer.clusterKey, new Set([...before, ...newly.map(({ table }) => table)]));
    }
  }
  return wanted;
}

interface Known {
  name: ClusterName;
  clusterKey: string;
  cluster: HBaseCluster;
}

async function askClusters({ source, target }: Pair, { deps, ctx }: StepWorld) {
  const known: Known[] = [];
  const unread: string[] = [];
  for (const name of deps.inventory.clusters.keys()) {
    // The preflight knows these two, and judges a peer to one of them by other rules.
    if (name === source.name || name === target.name) continue;
    try {
      const cluster = await deps.cluster(name);
      known.push({ name, cluster, clusterKey: (await cluster.readFacts()).clusterKey });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      unread.push(`${name}: ${error.message}`);
    }
    ctx.progress({ phase: `asked ${name} whether another peer ships to it` });
  }
  return { known, unread };
}

async function readTables(cluster: HBaseCluster, tables: TableName[]): Promise<TableFamilies[]> {
  const found = await Promise.all(tables.map((table) => cluster.readTable(table)));
  return found.flatMap((one) =>
    one === undefined ? [] : [{ table: one.table, families: one.families.map(({ name }) => name) }],
  );
}
