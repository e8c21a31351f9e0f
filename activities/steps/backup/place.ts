import type { CataloguePlace } from '../../../workflows/contract/backup/step-data.ts';
import type { RootCatalogue } from '../../catalogue/create-catalogue.ts';
import type { StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { checkNames } from './check-names.ts';
import { openCatalogue } from './open-catalogue.ts';

export interface OpenedRoot {
  rootUri: string;
  catalogue: RootCatalogue;
}

/** Runs `work` on a root that the clusters file names, and beats while the gateway answers. */
export function withRoot<T>(
  { place, world, phase }: { place: CataloguePlace; world: StepWorld; phase: string },
  work: (root: OpenedRoot, world: StepWorld) => Promise<T>,
): Promise<T> {
  const { uri } = checkNames(place, world.deps.inventory);
  return keepAlive({ world, cluster: place.cluster, phase }, async (alive) => {
    const catalogue = await openCatalogue(world.deps, { cluster: place.cluster, rootUri: uri });
    return work({ rootUri: uri, catalogue }, alive);
  });
}
