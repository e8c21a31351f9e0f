import { createCatalogue, type RootCatalogue } from '../../catalogue/create-catalogue.ts';
import type { StepDeps } from '../../deps.ts';

/** The catalogue of a root, through the gateway of a cluster that can read it. */
export async function openCatalogue(
  deps: StepDeps,
  { cluster, rootUri }: { cluster: string; rootUri: string },
): Promise<RootCatalogue> {
  const { files } = await deps.cluster(cluster);
  return createCatalogue({ files, rootUri, nowMs: () => deps.nowMs() });
}
