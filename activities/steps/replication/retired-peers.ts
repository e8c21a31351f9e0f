import type { TableName } from '../../../workflows/contract/names.ts';
import type { PeerRef } from '../../../workflows/contract/step-data.ts';
import type { RunRecord } from '../../run-record/run-record.ts';

interface PeerTables {
  readonly tables: readonly { table: TableName }[];
}

/** Every table of it has moved to a newer peer, with a newer snapshot: what it still holds is no part of any proof. */
export function isRetired(peer: PeerTables, newer: readonly PeerRef[]): boolean {
  const moved = new Set(newer.flatMap(({ tables }) => tables.map(({ table }) => table)));
  return newer.length > 0 && peer.tables.every(({ table }) => moved.has(table));
}

/** What the run noted before it added each peer, oldest first. */
export async function readNotedPeers(record: RunRecord): Promise<PeerRef[]> {
  const notes = (await record.readNotes()).filter(({ kind }) => kind === 'peer');
  return notes.toSorted((a, b) => (a.at < b.at ? -1 : 1)).map(({ value }) => value as PeerRef);
}
