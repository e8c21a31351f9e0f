import { createExportChain, type ExportChainStore } from '../../catalogue/export-chain.ts';
import type { StepDeps } from '../../deps.ts';

/** A chain of exports, through the gateway of a cluster that can read the root. */
export async function openChain(
  deps: StepDeps,
  { cluster, rootUri, chain }: { cluster: string; rootUri: string; chain: string },
): Promise<ExportChainStore> {
  const { files } = await deps.cluster(cluster);
  return createExportChain({ files, rootUri, chain, nowMs: () => deps.nowMs() });
}
