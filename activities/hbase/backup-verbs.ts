import type { PeerId, SnapshotName, TableName } from '../../workflows/contract/names.ts';
import type { RegionInfo, TableDescription } from './cluster.ts';
import type { DigestRange, RangeDigest } from './row-data.ts';

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

  // --- reading a snapshot's files without region servers
  /**
   * Makes the folder `scratchUri` of links to a snapshot's files: on the root's file system, outside the root and every
   * HBase root, and of this reading alone. Again is harmless.
   */
  openSnapshotReading(reading: { name: SnapshotName; rootUri?: string; scratchUri: string }): Promise<void>;
  /**
   * One page of what a reader without TTL sees. Equal, bit for bit, to `digestRange` of the same range and limit over a
   * clone whose families have TTL for ever (hazards 46). Pages of one range that follow each other go on where the last
   * one ended; ranges may be read side by side.
   * @throws Failure `backup.damaged` when a file is missing or does not hold what its checksums say.
   */
  digestSnapshot(page: Omit<DigestRange, 'table' | 'ignoreBeforeMs'> & { scratchUri: string }): Promise<RangeDigest>;
  /** Removes the scratch folder, if it carries the mark of a reading. True when something was removed. */
  closeSnapshotReading(scratchUri: string): Promise<boolean>;

  // --- write-ahead logs
  /**
   * A peer that ships to nobody, born disabled: its queues keep every WAL from the one being written. While it is
   * enabled it lets go of them (hazards 51). On 1.x it is enabled for a moment.
   * @throws Failure `hbase.unsupported` where the endpoint is not offered.
   */
  addHolder(id: PeerId): Promise<void>;
  /** Every WAL that the peer's queues hold, live, dead and recovered ones (hazards 44). Any read error throws. */
  listHeldWals(id: PeerId): Promise<HeldQueue[]>;
  /**
   * Copies one file to a name that does not exist, whole or not at all; one that is there already is read instead.
   * A WAL that moves meanwhile is followed. `bytes`: fails when another length was copied or found.
   */
  copyFile(copy: { from: string; toUri: string; bytes?: number }): Promise<FileCopy>;
  /** What a closed WAL holds, at any place. */
  readWalRange(uri: string): Promise<WalRange>;
  /**
   * One page of the distinct rows that a WAL's entries touch, deletes included, whatever the times of their cells. One
   * that is still written to is read to where it was synced. A WAL that moves meanwhile is followed.
   */
  readWalRows(page: WalRowsPage): Promise<WalRows>;
}

export interface WalRowsPage {
  uri: string;
  /** As listed: a WAL that has a length and cannot be read is never empty. */
  bytes: number;
  tables: TableName[];
  /** Server's clock: entries written before are left out. */
  sinceMs: number;
  /** Where the page before ended; 0 for the first. */
  fromEntry: number;
  /** A page has more rows when the last entry has many. */
  limit: number;
}

export interface WalRows {
  tables: { table: TableName; rows: string[] }[];
  /** Read so far, of any table. */
  entries: number;
  /** Where the next page starts; undefined at the end. */
  nextEntry?: number;
}

export interface HeldQueue {
  /** As stored: `<peer>` or `<peer>-<dead server>…`. */
  queue: string;
  /** Under whose name it stands. */
  server: string;
  live: boolean;
  recovered: boolean;
  wals: HeldWal[];
}

export interface HeldWal {
  name: string;
  group: string;
  /** Server's clock, from the name. */
  startedMs: number;
  /** Will never change: not the newest of its group on a live server, and closed on the file system. */
  closed: boolean;
  /** Full URI of where it was seen; absent when it was nowhere, which for one that is not the newest is a loss. */
  path?: string;
  /** 0 for one that is being written or was not found. */
  bytes: number;
}

export interface FileCopy {
  bytes: number;
  sha256: string;
  /** False when the file was there already. */
  created: boolean;
}

export interface WalRange {
  entries: number;
  /** Servers' clocks at the writes; absent when nothing is in it. */
  firstMs?: number;
  lastMs?: number;
  tables: {
    table: TableName;
    /** Without markers. */
    edits: number;
    firstMs: number;
    lastMs: number;
    /** Rows of bulk loads are not in a WAL (hazards 41). */
    bulkLoadFiles: number;
    /** Encoded names of regions that opened or closed while it was written. */
    opened: string[];
    closed: string[];
  }[];
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
