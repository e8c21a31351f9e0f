import type { ArchiveRunPlan } from '../../../workflows/contract/backup/archive.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { ArchiveHolder, WalArchive } from '../../catalogue/wal-archive.ts';
import type { StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { removePeer } from '../cleanup/settle-peer.ts';
import { openHolderRecord, openPlanned } from './open-archive.ts';

/** What a tick works with; each step reads the rest from root and cluster itself. */
export interface TickWorld {
  input: { run: RunRef; plan: ArchiveRunPlan };
  world: StepWorld;
  cluster: HBaseCluster;
  archive: WalArchive;
}

/** @throws Failure `root.lease-lost` for a tick that was cleaned meanwhile. */
export async function openTick(input: TickWorld['input'], world: StepWorld): Promise<TickWorld> {
  const { deps } = world;
  const [cluster, archive] = await Promise.all([deps.cluster(input.plan.cluster.name), openPlanned(deps, input.plan)]);
  await archive.leases.requireHeld(input.run.runId, 'exclusive');
  return { input, world, cluster, archive };
}

/** Oldest first. */
export async function listStanding(archive: WalArchive): Promise<ArchiveHolder[]> {
  return (await archive.listHolders()).filter(({ stages }) => !stages.has('released'));
}

/** Marked before it is removed: whoever comes after a crash in between removes it, and takes nobody for the cause. */
export async function releaseHolder(tick: TickWorld, { number, id }: ArchiveHolder): Promise<void> {
  await tick.archive.markHolder({ number, id, by: tick.input.run.workflowId }, 'released');
  await remove(tick, id);
}

export async function sweepReleased(tick: TickWorld): Promise<void> {
  const released = (await tick.archive.listHolders()).filter(({ stages }) => stages.has('released'));
  const peers = new Set((await tick.cluster.listPeers()).map(({ id }) => id));
  for (const { id } of released) if (peers.has(id)) await remove(tick, id);
}

async function remove({ cluster, world, archive, input }: TickWorld, id: string): Promise<void> {
  await removePeer({ cluster, world }, id);
  await (await openHolderRecord(world.deps, { plan: input.plan, archive })).forget(id);
}
