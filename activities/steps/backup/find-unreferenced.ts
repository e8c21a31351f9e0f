import type { SnapshotName } from '../../../workflows/contract/names.ts';
import { explain, isExportedFile, listFinal, type RootNeeds } from './root-needs.ts';

export interface Unreferenced {
  /** Why nothing of the root may go now, in words; the rest is empty then. */
  stops: string[];
  /** Final manifests of the backups that go. They go first: files without a manifest are found again, by anybody. */
  manifests: SnapshotName[];
  /** Paths relative to the root, also of files that no backup ever named, such as those of an export cut off. */
  files: { path: string; bytes: number }[];
  bytes: number;
}

/**
 * Decides which HFiles and manifests of a root may go to the trash. Pure.
 *
 * Only what no kept backup, no manifest of anybody else and no unfinished export needs. Anything that cannot be read,
 * or that nobody's record names, stops deletion for the whole root (hazards 39, 49).
 */
export function findUnreferenced(needs: RootNeeds): Unreferenced {
  const { files, manifests } = needs.listing;
  const unneeded = files.filter(({ path }) => !needs.isNeeded(path));
  const strange = unneeded.filter(({ path }) => !isExportedFile(path));
  const stops = [
    ...needs.findStops(),
    ...explain(
      strange.map(({ path }) => path),
      'is needed by nobody, and is no file that an export writes',
    ),
  ];
  if (stops.length > 0) return { stops, manifests: [], files: [], bytes: 0 };
  return {
    stops,
    manifests: listFinal({ files, manifests }).filter((name) => !needs.manifests.has(name)),
    files: unneeded.map(({ path, bytes }) => ({ path, bytes })),
    bytes: unneeded.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
