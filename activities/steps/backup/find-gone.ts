import type { BackupState, Catalogue } from '../../../workflows/contract/backup/record.ts';
import type { RootListing } from '../../hbase/backup-verbs.ts';
import { listFinal } from './root-needs.ts';

/**
 * Backups whose files may be deleted from the trash: their expiry was decided, nobody keeps them, and their manifests
 * have gone from the root. One that was kept while the others moved, and let go since, still stands whole: its manifest
 * would belong to nobody, so the next expiry takes it. Pure.
 */
export function findGone({ backups }: Catalogue, listing: RootListing): BackupState[] {
  const standing = new Set(listFinal(listing));
  return backups.filter(
    ({ record, expiringSince, keptFor }) =>
      expiringSince !== undefined &&
      keptFor === undefined &&
      !record.tables.some(({ snapshot }) => standing.has(snapshot)),
  );
}
