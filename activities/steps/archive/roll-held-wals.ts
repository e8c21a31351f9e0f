import type { OpenedHolders, RolledHolders, HolderInput } from '../../../workflows/contract/backup/archive.ts';
import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { closeWals, readWalFolders, type WalFolders } from '../replication/close-wals.ts';
import { openTick, type TickWorld } from './tick-world.ts';

/** Closes every WAL that was written when the tick began: what is open can neither be copied nor counted on. */
export const rollHeldWals = defineActivity<'rollHeldWals'>({
  name: 'rollHeldWals',
  kind: 'change',
  summary: 'close the WALs that are being written',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `roll the WALs of every server of ${plan.cluster.name}`,
    command: 'Admin.rollWALWriter on every live server',
    undo: 'none needed',
    doneWhen: 'every live server writes a newer WAL of each group',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.plan.cluster.name, phase: 'rolling WALs' }, (alive) =>
      openTick(input, alive).then((tick) => roll(tick, input)),
    ),
});

async function roll(
  tick: TickWorld,
  { run, holders }: HolderInput & { holders: OpenedHolders },
): Promise<RolledHolders> {
  const { next } = holders;
  // Nothing is held from before, so nothing is there to be closed.
  if (next === undefined || holders.oldest === undefined) return { ...holders, closedToMs: holders.heldFromMs };
  const { cluster, world } = tick;
  const { ctx, deps } = world;
  // Another attempt must not close what was begun since.
  const record = (await deps.runs(run.source)).open(run.runId);
  const before = await record.keepFirst('archive-wals', () => readWalFolders(cluster, next));
  const now = await closeWals({ cluster, ctx }, { holder: next, before });
  return { ...holders, closedToMs: toClosedMs(now, holders) };
}

/** What a server wrote before it began the WAL that it writes now is in closed ones. */
export function toClosedMs({ liveServers, newestWals }: WalFolders, { heldFromMs }: OpenedHolders): number {
  const live = new Set(liveServers);
  const begun = newestWals.filter(({ server }) => live.has(server)).map(({ startedMs }) => startedMs);
  return begun.length === 0 ? heldFromMs : Math.min(...begun);
}
