import type { PeerId } from '../../../workflows/contract/names.ts';
import type { RunRef, StepResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { HBaseCluster, PeerQueues } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { requirePeer } from './peers.ts';

/** A batch in flight goes on after the peer was disabled; its WAL leaves the queue only when it has landed. */
const QUIET_MS = 3_000;
const POLL_MS = 500;

export const disablePeer = defineActivity<'disablePeer'>({
  name: 'disablePeer',
  kind: 'change',
  summary: 'disable the replication peer and wait for the batch in flight',
  plan: ({ run, peerId }) => ({
    cluster: run.source,
    summary: `disable peer ${peerId}`,
    command: `disable_peer '${peerId}'`,
    undo: `enable_peer '${peerId}'`,
    doneWhen: 'the peer is listed as disabled and its queues stand still',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'disabling the peer' }, () => disable(input, world)),
});

async function disable({ run, peerId }: { run: RunRef; peerId: PeerId }, world: StepWorld): Promise<StepResult> {
  const cluster = await world.deps.cluster(run.source);
  const { enabled } = await requirePeer(cluster, peerId);
  if (enabled) await cluster.disablePeer(peerId);
  // Also when it was disabled already: an attempt that died may have left a batch in flight.
  await waitUntilQuiet(cluster, { peerId, world });
  return { changed: enabled };
}

async function waitUntilQuiet(
  cluster: HBaseCluster,
  { peerId, world: { ctx } }: { peerId: PeerId; world: StepWorld },
): Promise<void> {
  let before = toOldWals(await cluster.readPeerQueues(peerId));
  let quietSinceMs = ctx.nowMs();
  while (ctx.nowMs() - quietSinceMs < QUIET_MS) {
    await ctx.sleep(POLL_MS);
    const now = toOldWals(await cluster.readPeerQueues(peerId));
    if (before.some((wal) => !now.includes(wal))) quietSinceMs = ctx.nowMs();
    before = now;
  }
}

/** New WALs come by themselves; only a WAL that leaves shows shipping. */
function toOldWals({ queues }: PeerQueues): string[] {
  return queues.flatMap(({ wals }) => wals.map(({ name }) => name));
}
