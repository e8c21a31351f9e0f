import { createHash } from 'node:crypto';
import {
  OWN_PREFIX,
  type PeerId,
  type RunId,
  type SnapshotName,
  splitTableName,
  type TableName,
} from '../../../workflows/contract/names.ts';

/** Leaves room for `hbase-failsafe-<name>-<13 digits>` in HDFS's 255 bytes, and for what a tool may add. */
const LONGEST_SNAPSHOT_NAME = 180;

/** The names of a run. WARNING: minted once and stored in the plan; never computed again (hazards 34). */
export function mintRunNames(runId: RunId): { peerId: PeerId; markerTable: TableName } {
  return { peerId: `${OWN_PREFIX}${runId}`, markerTable: `${OWN_PREFIX}${runId}_marker` };
}

/** Readable, and distinct for every table: the digest keeps `a_b:c` apart from `a:b_c`. `round` is for later tries. */
export function mintSnapshotName(
  runId: RunId,
  { table, round = '' }: { table: TableName; round?: string },
): SnapshotName {
  const { namespace, qualifier } = splitTableName(table);
  const head = `${OWN_PREFIX}${runId}_${round}${namespace}_${qualifier}`;
  const tail = `_${shortDigest(table)}`;
  return head.slice(0, LONGEST_SNAPSHOT_NAME - tail.length) + tail;
}

/** Name of a drill's table inside the run's own namespace: readable, and distinct for every table. */
export function mintScratchName(table: TableName): string {
  const { namespace, qualifier } = splitTableName(table);
  return `${namespace}_${qualifier}`.slice(0, LONGEST_SNAPSHOT_NAME) + `_${shortDigest(table)}`;
}

/** A retry after the peer has shipped has a peer and a snapshot of its own (hazards 1). */
export function mintRetryNames(runId: RunId, { table, attempt }: { table: TableName; attempt: number }) {
  const peerId: PeerId = `${OWN_PREFIX}${runId}_${attempt}_${shortDigest(table)}`;
  return { peerId, snapshot: mintSnapshotName(runId, { table, round: `r${attempt}_` }) };
}

/** Split keys, hex, that spread `regions` evenly over the first two bytes of a row key. */
export function mintMarkerSplitKeys(regions: number): string[] {
  const step = 0x1_00_00 / (regions + 1);
  return Array.from({ length: regions }, (_, index) =>
    Math.floor(step * (index + 1))
      .toString(16)
      .padStart(4, '0'),
  );
}

function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
