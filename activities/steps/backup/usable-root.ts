import type { OperationCluster, RootRef } from '../../../workflows/contract/backup/plans.ts';
import type { ClusterName } from '../../../workflows/contract/names.ts';
import { createCatalogue, type RootCatalogue } from '../../catalogue/create-catalogue.ts';
import type { StepDeps } from '../../deps.ts';
import { Failure } from '../../failure.ts';
import type { ClusterFacts, HBaseCluster } from '../../hbase/cluster.ts';
import { readRoot } from './read-root.ts';

/** @throws Failure `root.unusable`: a restore and a drill write an event, and hold the root while they read. */
export async function openUsableRoot({
  cluster,
  root,
  deps,
}: {
  cluster: HBaseCluster;
  root: RootRef;
  deps: StepDeps;
}): Promise<RootCatalogue> {
  const { unwritable } = await readRoot(cluster, root);
  if (unwritable === undefined) {
    return createCatalogue({ files: cluster.files, rootUri: root.uri, nowMs: () => deps.nowMs() });
  }
  const message = `${root.name} (${root.uri}) cannot be used from ${cluster.name}: ${unwritable} Check scheme, host, port and the rights of the gateway user.`;
  throw new Failure('root.unusable', message, { cluster: cluster.name });
}

/** The cluster of an operation, as its plan keeps it. */
export function toOperationCluster(facts: ClusterFacts, name: ClusterName, { inventory }: StepDeps): OperationCluster {
  const { clusterId, version, rootDir } = facts;
  return { name, clusterId, version, rootDir: inventory.clusters.get(name)?.overrides.rootDir ?? rootDir };
}
