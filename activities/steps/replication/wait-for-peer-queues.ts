import type { PeerId } from '../../../workflows/contract/names.ts';
import type { RunRef, StepResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { PeerQueues } from '../../hbase/cluster.ts';
import { requirePeer } from './peers.ts';

const POLL_MS = 200;

/** A WAL that is closed before its server has the queue is never shipped (hazards 11). */
export const waitForPeerQueues = defineActivity<'waitForPeerQueues'>({
  name: 'waitForPeerQueues',
  kind: 'wait',
  summary: 'wait until every server keeps its WALs for the peer',
  plan: ({ run, peerId }) => ({
    cluster: run.source,
    summary: `wait until every region server of ${run.source} keeps its WALs for peer ${peerId}`,
    command: `list the queues of ${peerId} in the replication queue store`,
    undo: 'nothing to undo',
    doneWhen: 'every live server has the queue, with its current WAL of every group',
  }),
  run: wait,
});

async function wait({ run, peerId }: { run: RunRef; peerId: PeerId }, { deps, ctx }: StepWorld): Promise<StepResult> {
  const cluster = await deps.cluster(run.source);
  for (;;) {
    await requirePeer(cluster, peerId);
    const queues = await cluster.readPeerQueues(peerId);
    const missing = listMissingQueues(queues, peerId);
    if (missing.length === 0) return { changed: false, detail: `${queues.liveServers.length} servers` };
    const done = Math.max(0, queues.liveServers.length - missing.length);
    ctx.progress({ phase: `waiting for ${missing[0] ?? ''}`, done, total: queues.liveServers.length });
    await ctx.sleep(POLL_MS);
  }
}

/** What is still missing, by server and group; an empty list of servers is no answer. */
export function listMissingQueues({ liveServers, newestWals, queues }: PeerQueues, peerId: PeerId): string[] {
  if (liveServers.length === 0) return ['a live region server'];
  return liveServers.flatMap((server) => {
    const queue = queues.find((one) => one.server === server && one.queue === peerId && !one.recovered);
    if (!queue) return [`the queue of ${server}`];
    const current = newestWals.filter((wal) => wal.server === server);
    return current
      .filter(({ group, startedMs }) => !queue.wals.some((wal) => wal.group === group && wal.startedMs >= startedMs))
      .map(({ name }) => `${name} in the queue of ${server}`);
  });
}
