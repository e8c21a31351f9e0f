import type { Gateway } from '../ssh/gateway.ts';
import { AgentClient, type AgentClientOptions } from './agent-client.ts';
import { createAsk, createChange } from './ask.ts';
import type { HBaseCluster } from './cluster.ts';
import { createBackupVerbs } from './real-backups.ts';
import { createFactVerbs } from './real-facts.ts';
import { createFileStore } from './real-files.ts';
import { createReplicationVerbs } from './real-replication.ts';
import { createRowVerbs } from './real-rows.ts';
import { createSnapshotVerbs } from './real-snapshots.ts';
import { createSurroundingVerbs } from './real-surroundings.ts';
import { createTableVerbs } from './real-tables.ts';

/** A cluster behind its resident agent, which is started by the first verb. */
export function createRealCluster(gateway: Gateway, options: AgentClientOptions = {}): HBaseCluster {
  const agent = new AgentClient(gateway, options);
  const ask = createAsk(agent);
  const change = createChange(agent);
  return {
    name: gateway.cluster.name,
    ...createFactVerbs(ask, gateway.cluster),
    ...createTableVerbs(ask, change),
    ...createSnapshotVerbs(ask, change),
    ...createReplicationVerbs(ask, change),
    ...createRowVerbs(ask, change),
    ...createSurroundingVerbs(ask),
    ...createBackupVerbs(ask, change),
    files: createFileStore(ask, change),
    close: () => agent.close(),
  };
}
