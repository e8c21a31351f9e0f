import { Failure } from '../failure.ts';
import type { ClusterName } from '../../workflows/contract/names.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ConnectionPool } from '../ssh/connection-pool.ts';
import { createGateway } from '../ssh/gateway.ts';
import type { AgentClientOptions } from './agent-client.ts';
import type { HBaseCluster } from './cluster.ts';
import { createRealCluster } from './real-cluster.ts';

export interface Clusters {
  /** The same object for every caller. @throws Failure `cluster.unknown`. */
  cluster(name: ClusterName): Promise<HBaseCluster>;
  /** Ends every agent; the pool stays its owner's. Idempotent. */
  close(): Promise<void>;
}

export function createClusters(inventory: Inventory, pool: ConnectionPool, options: AgentClientOptions = {}): Clusters {
  const opened = new Map<ClusterName, HBaseCluster>();
  return {
    cluster: async (name) => {
      const cluster = opened.get(name) ?? open({ inventory, pool, options, name });
      opened.set(name, cluster);
      return cluster;
    },
    close: async () => {
      await Promise.all([...opened.values()].map((cluster) => cluster.close()));
    },
  };
}

interface Opening {
  inventory: Inventory;
  pool: ConnectionPool;
  options: AgentClientOptions;
  name: ClusterName;
}

function open({ inventory, pool, options, name }: Opening): HBaseCluster {
  const config = inventory.clusters.get(name);
  if (config !== undefined) return createRealCluster(createGateway(pool, config), options);
  const known = [...inventory.clusters.keys()].join(', ');
  throw new Failure('cluster.unknown', `There is no cluster ${name} in ${inventory.file}; it names: ${known}.`);
}
