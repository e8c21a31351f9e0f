import type { SnapshotName } from '../../../workflows/contract/names.ts';
import { listFinal, type RootNeeds } from './root-needs.ts';

export interface Trash {
  manifests: SnapshotName[];
  /** Paths relative to the root, as they were before. */
  files: string[];
}

export interface TrashVerdict {
  /** Why none of the trash may be deleted now. What is needed goes back all the same. */
  stops: string[];
  /** Files first, so that no manifest ever stands without its files. */
  putBack: Trash;
  remove: Trash;
}

/**
 * The second look at what was moved to the trash, also by an expiry that has crashed: what is needed after all, by an
 * export that heeds no lease or by a backup that was kept since, goes back where it was; the rest may be deleted
 * (hazard 39). What stands at its place again, since a later export has copied it, needs no second copy. Pure.
 */
export function judgeTrash(needs: RootNeeds, trash: Trash): TrashVerdict {
  const standing = new Set(needs.listing.files.map(({ path }) => path));
  const final = new Set(listFinal(needs.listing));
  const comesBack = {
    manifest: (name: SnapshotName): boolean => needs.manifests.has(name) && !final.has(name),
    file: (path: string): boolean => needs.isNeeded(path) && !standing.has(path),
  };
  const stops = needs.findStops(trash.manifests);
  const nothing: Trash = { manifests: [], files: [] };
  return {
    stops,
    putBack: {
      manifests: trash.manifests.filter(comesBack.manifest),
      files: trash.files.filter(comesBack.file),
    },
    remove:
      stops.length > 0
        ? nothing
        : {
            manifests: trash.manifests.filter((name) => !comesBack.manifest(name)),
            files: trash.files.filter((path) => !comesBack.file(path)),
          },
  };
}
