import type { ExportOverview } from '../../../workflows/contract/backup/export.ts';
import { listChainFolders } from '../../catalogue/export-chain.ts';
import { defineActivity } from '../../define-step.ts';
import type { StepDeps } from '../../deps.ts';
import { withRoot } from '../backup/place.ts';
import { decodePathName } from '../../run-record/record-paths.ts';
import { openChain } from './open-chain.ts';

export const readExports = defineActivity<'readExports'>({
  name: 'readExports',
  kind: 'read',
  summary: 'read the chains of exports of a root',
  run: (input, world) =>
    withRoot({ place: input, world, phase: `reading the chains of ${input.root}` }, async ({ rootUri }, { deps }) => {
      const place = { cluster: input.cluster, rootUri };
      const names = input.chain === undefined ? await listChains(deps, place) : [input.chain];
      const stores = await Promise.all(names.map((chain) => openChain(deps, { ...place, chain })));
      const overview: ExportOverview = { chains: await Promise.all(stores.map((store) => store.readAll())) };
      return overview;
    }),
});

/** A chain's name is short enough to stand whole in its folder's. */
export async function listChains(
  deps: StepDeps,
  { cluster, rootUri }: { cluster: string; rootUri: string },
): Promise<string[]> {
  const { files } = await deps.cluster(cluster);
  return (await listChainFolders(files, rootUri)).map(decodePathName).toSorted();
}
