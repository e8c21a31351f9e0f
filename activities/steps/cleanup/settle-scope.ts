import type { FamilyName, TableName } from '../../../workflows/contract/names.ts';
import type { PeerInfo, TableDescription } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { doesPeerMatch } from '../../hbase/peer-match.ts';
import { isOwnName } from './own-names.ts';
import type { Finding, Look, Settling } from './settling.ts';

/** What the run sets on families that lack it. */
const OWN_SCOPE = 1;

/**
 * Back to the old REPLICATION_SCOPE, and READONLY stays as it is: only families that still have our value, and only
 * while no other peer ships the table by it (hazard 20).
 */
export const lookAtScope: Look<NoteValues['scope']> = async ({ value: { table, scopes } }, settling) => {
  const { cluster } = settling;
  const now = await cluster.readTable(table);
  if (!now) return { state: 'settled', action: 'the table is gone' };
  const ours = toOldScopes(now, scopes);
  if (Object.keys(ours).length === 0) return { state: 'settled' };
  const others = (await cluster.listPeers()).filter((peer) => !isOwn(peer, settling) && doesPeerMatch(peer, table));
  if (others.length > 0) return keepForOthers(table, others);
  return {
    state: 'there',
    action: 'REPLICATION_SCOPE as before',
    act: () => cluster.alterTable(table, { scopes: ours }),
  };
};

/** Families that have our value and had another: what somebody else has set since stays. */
function toOldScopes({ families }: TableDescription, before: Record<FamilyName, number>): Record<FamilyName, number> {
  const changed = families.flatMap(({ name, scope }): [FamilyName, number][] => {
    const old = before[name];
    return old !== undefined && old !== scope && scope === OWN_SCOPE ? [[name, old]] : [];
  });
  return Object.fromEntries(changed);
}

function isOwn({ id }: PeerInfo, { run }: Settling): boolean {
  return isOwnName(id, run.runId);
}

function keepForOthers(table: TableName, peers: PeerInfo[]): Finding {
  const why = `REPLICATION_SCOPE stays 1: peer ${peers.map(({ id }) => id).join(', ')} replicates the table by it now`;
  return { state: 'kept', why, command: `alter '${table}', {NAME => '<family>', REPLICATION_SCOPE => '0'}` };
}
