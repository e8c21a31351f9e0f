import type { PeerId } from '../../../workflows/contract/names.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { Look, Settling } from './settling.ts';

const GONE_LIMIT_MS = 60_000;
const POLL_MS = 200;

/** From here the source lets its WALs go. Completed runs prove the drain once more before this. */
export const lookAtPeer: Look<NoteValues['peer']> = async ({ subject: id }, settling) => {
  const left = await describeLeft(settling.cluster, id);
  if (left === undefined) return { state: 'settled' };
  return { state: 'there', action: 'disable and remove the peer', act: () => removePeer(settling, id) };
};

/** Disables and removes a peer, and returns when nothing of it is left. */
export async function removePeer(
  { cluster, world: { ctx } }: Pick<Settling, 'cluster' | 'world'>,
  id: PeerId,
): Promise<void> {
  const peer = (await cluster.listPeers()).find((one) => one.id === id);
  // Disabling a disabled peer is an error since 2.1; a batch in flight then lands before the queue goes.
  if (peer?.enabled) await cluster.disablePeer(id);
  if (peer) await cluster.removePeer(id);
  const deadlineMs = ctx.nowMs() + GONE_LIMIT_MS;
  for (let left = await describeLeft(cluster, id); left !== undefined; left = await describeLeft(cluster, id)) {
    if (ctx.nowMs() > deadlineMs) {
      throw new Failure('step.not-converged', `${cluster.name}: ${left}.`, { cluster: cluster.name });
    }
    await ctx.sleep(POLL_MS);
  }
}

/** What is still there of a peer: itself, or the queues and references that a failed removal leaves. */
export async function describeLeft(cluster: HBaseCluster, id: PeerId): Promise<string | undefined> {
  if ((await cluster.listPeers()).some((peer) => peer.id === id)) return `peer ${id} is still there`;
  const { queues, hfileRefs } = await readLeftQueues(cluster, id);
  const servers = queues.map(({ queue, server }) => `${queue} on ${server}`);
  if (servers.length > 0) return `peer ${id} is gone, but its queues are not: ${servers.join(', ')}`;
  return hfileRefs > 0 ? `peer ${id} is gone, but ${hfileRefs} references to its HFiles are not` : undefined;
}

async function readLeftQueues(cluster: HBaseCluster, id: PeerId) {
  try {
    return await cluster.readPeerQueues(id);
  } catch (error) {
    // A reader that refuses unknown peers says the same as an empty answer.
    if (error instanceof Failure && error.code === 'hbase.not-found') return { queues: [], hfileRefs: 0 };
    throw error;
  }
}
