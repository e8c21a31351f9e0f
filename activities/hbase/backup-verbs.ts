import type { SnapshotName } from '../../workflows/contract/names.ts';
import type { RegionInfo, TableDescription } from './cluster.ts';

/** What backups need to know of one cluster, and of a backup root that its gateway can read. */
export interface BackupVerbs {
  /**
   * Every file that a snapshot needs, one entry each, resolved by HBase's own code: links to other tables' files,
   * references that splits and merges have left, MOB (hazards 49). undefined when there is no such snapshot.
   * @throws Failure `backup.damaged` for a manifest that cannot be read whole, never an empty list.
   */
  listSnapshotFiles(snapshot: SnapshotPlace): Promise<SnapshotFile[] | undefined>;
  /** The table as the snapshot holds it. undefined and `backup.damaged` as above. */
  describeSnapshot(snapshot: SnapshotPlace): Promise<SnapshotDescription | undefined>;
  /** Everything that HBase's tools have written into a root; both lists empty when it is absent. */
  listRoot(rootUri: string): Promise<RootListing>;
}

export interface SnapshotPlace {
  name: SnapshotName;
  /** Full URI of a backup root or staging folder; this cluster's own root without. */
  rootUri?: string;
  /** The one under `.hbase-snapshot/.tmp`: still being written, or left by an export that was cut off. */
  temporary?: boolean;
}

export interface SnapshotFile {
  /**
   * Where the archive of a root keeps it and an export puts it, relative to the root:
   * `archive/data/<namespace>/<table>/<region>/<family>/<file>`. In a cluster's own root it may stand elsewhere now.
   */
  path: string;
  /** The manifest's length when it is missing; 0 when that is not told either. */
  bytes: number;
  /** Not there, or not as long as the manifest says. */
  missing: boolean;
  /** `reference`: only named by what a split or merge has left, so that an export below 2.5.14 and 2.6.3 may miss it. */
  kind: 'hfile' | 'reference' | 'mob';
}

export interface SnapshotDescription extends Pick<
  TableDescription,
  'table' | 'readOnly' | 'durability' | 'families' | 'coprocessors' | 'attributes' | 'schemaDigest'
> {
  name: SnapshotName;
  /** Source master's clock. */
  createdAtMs: number;
  /** In order of their keys, without gaps. */
  regions: Pick<RegionInfo, 'encodedName' | 'startKey' | 'endKey'>[];
}

export interface RootListing {
  manifests: RootManifest[];
  /** All that is below `archive/`, with paths relative to the root. */
  files: { path: string; bytes: number; modifiedMs: number }[];
}

export interface RootManifest {
  name: SnapshotName;
  /** Under `.hbase-snapshot/.tmp`. */
  temporary: boolean;
  /** Both of its files are there; `listSnapshotFiles` tells whether they can be read. */
  complete: boolean;
  modifiedMs: number;
}
