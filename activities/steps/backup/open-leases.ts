import type { Leases } from '../../catalogue/leases.ts';
import type { StepDeps } from '../../deps.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { openArchive } from '../archive/open-archive.ts';
import { openChain } from '../export/open-chain.ts';
import { openCatalogue } from './open-catalogue.ts';

/** Of a root, or of what in it is held by itself. */
export async function openLeases(
  deps: StepDeps,
  { archive, chain, ...place }: NoteValues['root-lease'] & { cluster: string },
): Promise<Leases> {
  if (archive !== undefined) return (await openArchive(deps, { ...place, set: archive })).leases;
  if (chain !== undefined) return (await openChain(deps, { ...place, chain })).leases;
  return (await openCatalogue(deps, place)).leases;
}
