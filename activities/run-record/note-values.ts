import type { BackupId } from '../../workflows/contract/backup/record.ts';
import type { FamilyName, PeerId, SnapshotName, TableName } from '../../workflows/contract/names.ts';
import type { FenceInput, PeerRef } from '../../workflows/contract/step-data.ts';
import type { JobKey } from '../jobs/jobs.ts';

/**
 * What a step notes before each change, by kind: everything the undo needs, since `settleNotes` works from it alone.
 * The comment names the note's subject. Each note stands in the record of the cluster that is changed.
 *
 * WARNING: stored in run records of runs in flight; only add optional fields.
 */
export interface NoteValues {
  /** Subject: the namespace. Only noted when the run is about to create it. */
  namespace: { namespace: string };
  /** Subject: the marker table. */
  'marker-table': { table: TableName };
  /** Subject: the peer id. */
  peer: PeerRef;
  /** Subject: the table. REPLICATION_SCOPE of every family before the change. */
  scope: { table: TableName; scopes: Record<FamilyName, number> };
  /** Subject: the snapshot. */
  snapshot: { snapshot: SnapshotName; table: TableName };
  /** Subject: the snapshot exported there. `uri` is the run's own folder. */
  staging: { uri: string };
  /** Subject: the snapshot, on the target. */
  'imported-snapshot': { snapshot: SnapshotName; table: TableName };
  /** Subject: the table. `empty`: it stood there before, without a row, and is never dropped. */
  'target-table': { table: TableName; before: 'absent' | 'empty' };
  /** Subject: the table. Old value of the table attribute that holds tombstones; null when it was not set. */
  'purge-hold': { table: TableName; attribute: string; before: string | null };
  /** Subject: the table. */
  fence: FenceNote;
  /**
   * Subject: the snapshot, which a backup has exported into a root. With `chain`: the id of an export, whose folder in
   * that chain is meant; it has no snapshot and no one table.
   */
  'root-export': { rootUri: string; snapshot: SnapshotName; table: TableName; backupId: BackupId; chain?: string };
  /** Subject: the snapshot whose files are read without region servers. */
  'root-scratch': { scratchUri: string };
  /** Subject: the root's name, with the set for an archive's own lease, or the chain for that of a chain of exports. */
  'root-lease': { rootUri: string; archive?: string; chain?: string };
  /** Subject: the table. `failsafe`: snapshot of what stood there, once it is there itself. */
  'restored-table': RestoredTableNote;
  /** Subject: the namespace, made for a drill. */
  scratch: { namespace: string };
  /**
   * Subject: the peer id. In the record of an archive, which outlives its ticks: root and set. In that of a migration:
   * the number of its window of proofs.
   */
  'wal-holder': { id: PeerId; rootUri?: string; set?: string; number?: number };
  /** Subject: the epoch. */
  guard: { epoch: number; key: JobKey };
}

export interface FenceNote {
  table: TableName;
  epoch: number;
  fence: FenceInput['fence'];
  readOnlyBefore: boolean;
  /** Named command of an application fence. */
  command?: string;
}

export interface RestoredTableNote {
  table: TableName;
  before: 'absent' | 'exists';
  enabledBefore: boolean;
  failsafe: SnapshotName;
  /** An import put cells of this chain into a table that exists, which no undo can take back. */
  merged?: string;
}
