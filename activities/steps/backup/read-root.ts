import type { RootRef } from '../../../workflows/contract/backup/plans.ts';
import { createCatalogue } from '../../catalogue/create-catalogue.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';

/** What a plan must know of a root, as one cluster's gateway sees it. */
export interface RootState {
  /** Whose backups it holds; empty for a new one. */
  clusterIds: string[];
  /** Why a probe file could not be written. */
  unwritable?: string;
  freeBytes?: number;
}

/** A root that cannot be used is a finding like others, since all reasons are told at once. */
export async function readRoot({ files }: HBaseCluster, root: RootRef): Promise<RootState> {
  const catalogue = createCatalogue({ files, rootUri: root.uri, nowMs: () => 0 });
  try {
    await files.probeWrite(root.uri);
    const [facts, { freeBytes }] = await Promise.all([catalogue.readRoot(), files.measure(root.uri)]);
    return { clusterIds: facts?.clusterIds ?? [], freeBytes };
  } catch (error) {
    // A broken connection heals by itself and is tried again; what the file system said is told.
    if (!(error instanceof Failure) || error.code.startsWith('ssh.') || error.code.startsWith('agent.')) throw error;
    return { clusterIds: [], unwritable: error.message };
  }
}
