import { randomBytes } from 'node:crypto';
import { getClient } from '@temporalio/activity';
import type { StepDeps } from '../activities/deps.ts';
import { Failure } from '../activities/failure.ts';
import type { HBaseCluster } from '../activities/hbase/cluster.ts';
import { loadAgentScript } from '../activities/hbase/agent-script.ts';
import { withWorkerScope } from '../activities/hbase/request-scope.ts';
import { createRealCluster } from '../activities/hbase/real-cluster.ts';
import type { ClusterConfig, Inventory } from '../activities/inventory/inventory.ts';
import type { Jobs } from '../activities/jobs/jobs.ts';
import { createJobs } from '../activities/jobs/remote-jobs.ts';
import { readSurvival } from '../activities/jobs/survival.ts';
import type { RunRecords } from '../activities/run-record/run-record.ts';
import { createRunRecords } from '../activities/run-record/run-records.ts';
import { createConnectionPool } from '../activities/ssh/connection-pool.ts';
import { createGateway, type Gateway } from '../activities/ssh/gateway.ts';
import { readSetSchedules } from '../activities/watch/read-set-schedules.ts';
import type { ClusterName } from '../workflows/contract/names.ts';
import { createRuntimeMetrics } from './metrics.ts';
import { runNamedCommand } from './named-command.ts';

/** Steps' view of the world, wired to real clusters. Nothing connects before it is used. */
export interface ConnectedDeps extends StepDeps {
  /** Ends agents and connections; remote jobs go on. The next use connects again. */
  close(): Promise<void>;
}

/** Everything of one cluster, made once per worker process. */
interface ClusterParts {
  gateway: Gateway;
  cluster: HBaseCluster;
  runs(): Promise<RunRecords>;
  jobs(): Promise<Jobs>;
}

export function createDeps(inventory: Inventory): ConnectedDeps {
  let pool = createConnectionPool();
  const parts = new Map<ClusterName, ClusterParts>();
  const partsOf = (name: ClusterName): ClusterParts => {
    const known = parts.get(name);
    if (known !== undefined) return known;
    const made = connectParts(requireCluster(inventory, name), createGateway(pool, requireCluster(inventory, name)));
    parts.set(name, made);
    return made;
  };
  return {
    inventory,
    cluster: async (name) => partsOf(name).cluster,
    jobs: (name) => partsOf(name).jobs(),
    runs: (name) => partsOf(name).runs(),
    runCommand: (name, call) => runNamedCommand({ inventory, name, call, gatewayOf: (of) => partsOf(of).gateway }),
    writePrivateFile: (name, file, content) => writePrivateFile(partsOf(name).gateway, { file, content }),
    readSurvival: (name) => readSurvival(requireCluster(inventory, name)),
    metrics: createRuntimeMetrics(),
    readSchedules: (set) => readSetSchedules(getClient(), set),
    mintId: () => randomBytes(5).toString('hex'),
    nowMs: () => Date.now(),
    async close() {
      const open = [...parts.values()];
      const opened = pool;
      parts.clear();
      pool = createConnectionPool();
      await Promise.all(open.map(({ cluster }) => cluster.close()));
      await opened.close();
    },
  };
}

function requireCluster(inventory: Inventory, name: ClusterName): ClusterConfig {
  const config = inventory.clusters.get(name);
  if (config !== undefined) return config;
  const known = [...inventory.clusters.keys()].join(', ') || 'none';
  throw new Failure('cluster.unknown', `no cluster "${name}" in ${inventory.file}; it names: ${known}`, {
    cluster: name,
  });
}

function connectParts(config: ClusterConfig, gateway: Gateway): ClusterParts {
  const cluster = createRealCluster(gateway);
  const stateDir = remember(async () => config.stateDir ?? `${(await cluster.readFacts()).homeDir}/.temporal-hbase`);
  return {
    gateway,
    cluster,
    runs: remember(async () => createRunRecords({ cluster, stateDir: await stateDir() })),
    jobs: remember(async () =>
      createJobs({
        gateway,
        files: cluster.files,
        runsDir: `${await stateDir()}/runs`,
        guardScript: () => loadAgentScript('guard'),
      }),
    ),
  };
}

/** Makes it once, on first use; a failure is not remembered, since a cluster that was away comes back. */
function remember<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= withWorkerScope(make).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function writePrivateFile(
  gateway: Gateway,
  { file, content }: { file: string; content: string },
): Promise<string> {
  const path = `${gateway.cluster.workDir}/private/${file}`;
  await gateway.upload({ path, content, mode: 0o600 });
  return path;
}
