import type {
  BackedUpTable,
  BackupId,
  BackupRecord,
  BackupState,
  Catalogue,
} from '../../../workflows/contract/backup/record.ts';
import type { SnapshotName } from '../../../workflows/contract/names.ts';
import type { RootListing, RootManifest } from '../../hbase/backup-verbs.ts';

export interface RootView {
  /** Listed before the catalogue and before any manifest is read, so that an export that heeds no lease is seen. */
  listing: RootListing;
  catalogue: Catalogue;
  /** Backups that would go, of a dry run: whatever has the event `expire`, and was not kept since, goes anyway. */
  expiring?: ReadonlySet<BackupId>;
}

/** Something that names files which must stay: the file list of one table of a backup, or a manifest. */
export type NeedSource = { record: BackupRecord; table: BackedUpTable } | { manifest: RootManifest };

/**
 * What stays in a root when the backups go whose expiry has been decided: every file of every other backup's list, and of every
 * manifest that is not theirs alone, finished or not. Paths are added one source after the other, since all lists of a
 * root together may not fit into memory; a source that is never added counts as unknown.
 */
export interface RootNeeds {
  readonly listing: RootListing;
  readonly sources: NeedSource[];
  /** Paths relative to the root, as HBase's own code or a file list tells them; or why they are not known. */
  add(source: NeedSource, found: { paths: readonly string[] } | { unknown: string }): void;
  isNeeded(path: string): boolean;
  /** Final manifests that must stay. */
  readonly manifests: ReadonlySet<SnapshotName>;
  /**
   * Why more may be needed than is known: while there is any, nothing of the root may be deleted (hazard 49).
   * `inTrash`: manifests that can come back from there.
   */
  findStops(inTrash?: readonly SnapshotName[]): string[];
}

const MOST_SHOWN = 20;

const HFILE_NAME = '[0-9a-f]+(?:_SeqId_[0-9]+_|_del|_[0-9a-f]+)?';
/**
 * What an export writes: plain, bulk-loaded and MOB files (`StoreFileInfo.HFILE_NAME_REGEX`, `MobFileName`). Links and
 * references are never exported as files.
 */
const EXPORTED_FILE = new RegExp(`^archive/data/[^/]+/[^/]+/[0-9a-f]+/[^/]+/${HFILE_NAME}$`);

/** Is it a file that an export may have put there? */
export function isExportedFile(path: string): boolean {
  return EXPORTED_FILE.test(path);
}

export function createRootNeeds({ listing, catalogue, expiring = new Set() }: RootView): RootNeeds {
  const isGoing = (state: BackupState): boolean =>
    state.keptFor === undefined && (state.expiringSince !== undefined || expiring.has(state.record.id));
  const kept = catalogue.backups.filter((state) => !isGoing(state)).map(({ record }) => record);
  const ours = new Set(listSnapshots(kept));
  const going = new Set(listSnapshots(catalogue.backups.filter(isGoing).map(({ record }) => record)));
  const manifests = listing.manifests.filter(({ name, temporary }) => temporary || ours.has(name) || !going.has(name));
  const foreign = manifests.filter(({ name, temporary }) => !temporary && !ours.has(name));
  const sources: NeedSource[] = [
    ...kept.flatMap((record) => record.tables.map((table) => ({ record, table }))),
    ...manifests.map((manifest) => ({ manifest })),
  ];
  const paths = new Set<string>();
  const pending = new Set(sources);
  const unclear: string[] = [
    ...catalogue.damaged.map(({ id, path, why }) => `${path} of backup ${id} cannot be read: ${why}`),
    ...foreign.map(toForeignManifest),
  ];
  const strange: string[] = [];
  const addPath = (path: string): void => {
    if (paths.has(path)) return;
    paths.add(path);
    if (!isExportedFile(path)) strange.push(path);
  };
  return {
    listing,
    sources,
    manifests: new Set([...ours, ...foreign.map(({ name }) => name)]),
    isNeeded: (path) => paths.has(path),
    add(source, found) {
      pending.delete(source);
      if ('paths' in found) found.paths.forEach(addPath);
      const doubt = toDoubt(source, found);
      if (doubt !== undefined) unclear.push(`${describe(source)} ${doubt}`);
    },
    findStops: (inTrash = []) => [
      ...unclear,
      ...explain(strange, 'is needed, and is no name of an exported file'),
      ...[...pending].map((source) => `${describe(source)} was not read`),
      ...findLostManifests(kept, new Set([...listFinal(listing), ...inTrash])),
    ],
  };
}

/** A line for each path, but not a million of them. */
export function explain(paths: readonly string[], why: string): string[] {
  const lines = paths.slice(0, MOST_SHOWN).map((path) => `${path} ${why}`);
  return paths.length > MOST_SHOWN ? [...lines, `and ${paths.length - MOST_SHOWN} more of this kind`] : lines;
}

/** Names of the manifests that are finished. */
export function listFinal({ manifests }: RootListing): SnapshotName[] {
  return manifests.filter(({ temporary }) => !temporary).map(({ name }) => name);
}

function listSnapshots(records: BackupRecord[]): SnapshotName[] {
  return records.flatMap(({ tables }) => tables.map(({ snapshot }) => snapshot));
}

function toDoubt(source: NeedSource, found: { paths: readonly string[] } | { unknown: string }): string | undefined {
  if ('unknown' in found) return `cannot be read: ${found.unknown}`;
  if ('manifest' in source) return source.manifest.complete ? undefined : 'is not complete';
  const { files } = source.table;
  return found.paths.length === files ? undefined : `has ${found.paths.length} files, and the record says ${files}`;
}

function describe(source: NeedSource): string {
  if ('table' in source) return `the file list of ${source.table.table} of backup ${source.record.id}`;
  return `manifest ${source.manifest.temporary ? '.tmp/' : ''}${source.manifest.name}`;
}

function toForeignManifest({ name }: RootManifest): string {
  return `manifest ${name} belongs to no backup: clean the run that left it, or ask who exported it`;
}

/** A kept backup without its manifest: what was listed may not be the whole root. */
function findLostManifests(kept: BackupRecord[], standing: ReadonlySet<SnapshotName>): string[] {
  return kept.flatMap(({ id, tables }) =>
    tables
      .filter(({ snapshot }) => !standing.has(snapshot))
      .map(({ table, snapshot }) => `manifest ${snapshot}, of ${table} in backup ${id}, is not there`),
  );
}
