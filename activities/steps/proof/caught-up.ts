import type { PeerId, TableName } from '../../../workflows/contract/names.ts';
import type { PeerQueues } from '../../hbase/cluster.ts';
import { measureDrain } from '../cutover/measure-drain.ts';
import { listMissingSentinels, putSentinels, type Sentinels } from '../cutover/sentinels.ts';
import { toFreeMarker } from '../replication/marker-takers.ts';
import type { Comparison } from './comparison.ts';

export interface CaughtUpQuestion {
  comparison: Comparison;
  peerId: PeerId;
  markerTable?: TableName | undefined;
}

const ARRIVAL_LIMIT_MS = 3_000;
/** A roll alone takes up to 2 s. */
const DRAIN_LIMIT_MS = 10_000;
const POLL_MS = 100;

/**
 * Has everything written before now been shipped? Each server's queue holds only WALs being written, and a row put
 * into every region of the marker table now arrives; without such a table, the WALs being written now are rolled and go. Not a proof (that is `judgeDrained`): it decides whether a
 * difference counts as one.
 */
export async function isCaughtUp({ comparison, peerId, markerTable: planned }: CaughtUpQuestion): Promise<boolean> {
  const { ctx, source, target } = comparison;
  if (!hasOnlyOpenWals(await source.readPeerQueues(peerId))) return false;
  const markerTable = await toFreeMarker(source, planned);
  if (markerTable === undefined) {
    const peerIds = [peerId];
    return (await measureDrain({ ctx, source, target, peerIds, timeLimitMs: DRAIN_LIMIT_MS })) !== undefined;
  }
  const sentinels: Sentinels = new Map();
  await putSentinels({ source, markerTable }, { sentinels, value: `look.${comparison.table.table}.${ctx.nowMs()}` });
  const deadlineMs = ctx.nowMs() + ARRIVAL_LIMIT_MS;
  for (;;) {
    const missing = await listMissingSentinels({ target, markerTable }, sentinels);
    if (missing.length === 0) return true;
    if (ctx.nowMs() > deadlineMs) return false;
    await ctx.sleep(POLL_MS);
  }
}

export function hasOnlyOpenWals({ queues, liveServers, hfileRefs }: PeerQueues): boolean {
  const isOpenOnly = ({ server, recovered, wals }: PeerQueues['queues'][number]): boolean => {
    const groups = wals.map(({ group }) => group);
    return !recovered && liveServers.includes(server) && new Set(groups).size === groups.length;
  };
  return queues.length > 0 && queues.every(isOpenOnly) && hfileRefs === 0;
}
