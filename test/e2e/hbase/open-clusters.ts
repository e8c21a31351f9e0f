import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import { createRealCluster } from '../../../activities/hbase/real-cluster.ts';
import type { ClusterConfig } from '../../../activities/inventory/inventory.ts';
import { loadInventory } from '../../../activities/inventory/load-inventory.ts';
import { createConnectionPool } from '../../../activities/ssh/connection-pool.ts';
import { createGateway, type Gateway } from '../../../activities/ssh/gateway.ts';

export interface OpenedClusters extends AsyncDisposable {
  cluster(name: string): HBaseCluster;
  gateway(name: string): Gateway;
}

/** The clusters of a clusters file through their gateways, as a worker has them. */
export function openClusters(clustersFile: string): OpenedClusters {
  return connectClusters([...loadInventory(clustersFile).clusters.values()]);
}

export function connectClusters(configs: ClusterConfig[]): OpenedClusters {
  const pool = createConnectionPool();
  const gateways = new Map(configs.map((config) => [config.name, createGateway(pool, config)]));
  const clusters = new Map([...gateways].map(([name, gateway]) => [name, createRealCluster(gateway)]));
  return {
    cluster: (name) => getKnown(clusters, name),
    gateway: (name) => getKnown(gateways, name),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
      await pool.close();
    },
  };
}

function getKnown<T>(map: Map<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`no cluster ${name}`);
  return value;
}

/** A name that no other test has. */
export function newNamespace(): string {
  return `t${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
}

/** A namespace of one test's own; its tables, and it, are removed at the end. */
export async function withNamespace(
  cluster: HBaseCluster,
  namespace: string,
  work: (namespace: string) => Promise<void>,
): Promise<void> {
  await cluster.createNamespace(namespace);
  try {
    await work(namespace);
  } finally {
    await removeNamespace(cluster, namespace);
  }
}

async function removeNamespace(cluster: HBaseCluster, namespace: string): Promise<void> {
  const tables = (await cluster.listTables()).filter((table) => table.startsWith(`${namespace}:`));
  for (const snapshot of await cluster.listSnapshots()) {
    if (tables.includes(snapshot.table)) await cluster.deleteSnapshot(snapshot.name);
  }
  for (const table of tables) {
    if ((await cluster.readTable(table))?.enabled) await cluster.disableTable(table);
    await cluster.deleteTable(table);
  }
  await cluster.deleteNamespace(namespace);
}
