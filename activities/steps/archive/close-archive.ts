import type { StopArchivePlan, StopArchiveReport } from '../../../workflows/contract/backup/archive.ts';
import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { openHolderRecord } from './open-archive.ts';
import { listStanding, openTick, releaseHolder, sweepReleased, type TickWorld } from './tick-world.ts';

/** The cluster keeps no WALs any more for the archive, and its record goes. What is archived stays, unless told. */
export const closeArchive = defineActivity<'closeArchive'>({
  name: 'closeArchive',
  kind: 'change',
  summary: 'hold no WALs any more',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `remove the holders of ${plan.set}${plan.request.dropWals ? ', and what is archived' : ''}`,
    command: 'Admin.removeReplicationPeer of each holder',
    undo: 'start archiveWals again: the chain begins anew',
    doneWhen: 'no holder is left',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.plan.cluster.name, phase: 'stopping the archive' }, (alive) =>
      openTick(input, alive).then((tick) => close(tick, input.plan)),
    ),
});

async function close(tick: TickWorld, plan: StopArchivePlan): Promise<StopArchiveReport> {
  const { archive, world } = tick;
  const { set, root, request } = plan;
  const standing = await listStanding(archive);
  for (const holder of standing) await releaseHolder(tick, holder);
  await sweepReleased(tick);
  let droppedWals = 0;
  if (request.dropWals) {
    droppedWals = (await archive.listWals()).wals.length;
    await archive.raiseHorizon((await archive.listTicks()).ticks.at(-1)?.tick.coveredToMs ?? 0);
    await archive.removeAll();
  }
  await (await openHolderRecord(world.deps, { plan, archive })).record.close('completed');
  return { set, root: root.name, removedHolders: standing.map(({ id }) => id), droppedWals };
}
