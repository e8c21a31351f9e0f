import type { OpenedHolders, RolledHolders, HolderInput } from '../../../workflows/contract/backup/archive.ts';
import { defineActivity } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { PeerQueues } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { isDataWal } from '../cutover/judge-rolled.ts';
import { openTick, type TickWorld } from './tick-world.ts';

const POLL_MS = 300;
const ROLL_AGAIN_MS = 15_000;
const LIMIT_MS = 180_000;

type Folders = Pick<PeerQueues, 'liveServers' | 'newestWals'>;

/**
 * Closes every WAL that was written when the tick began: what is open can neither be copied nor counted on. The roll
 * comes after its call, so each server is looked at until it writes a newer one (sandbox measurement, hazard 2).
 */
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
  const look = async (): Promise<Folders> => {
    const { liveServers, newestWals } = await cluster.readPeerQueues(next);
    return { liveServers, newestWals: newestWals.filter(isDataWal) };
  };
  // Another attempt must not close what was begun since.
  const before = await (await deps.runs(run.source)).open(run.runId).keepFirst('archive-wals', look);
  const deadlineMs = ctx.nowMs() + LIMIT_MS;
  let rolledMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    ctx.signal.throwIfAborted();
    const now = await look();
    const waiting = findUnrolled(before, now);
    if (waiting === undefined) return { ...holders, closedToMs: toClosedMs(now, holders) };
    if (ctx.nowMs() > deadlineMs) {
      throw new Failure('step.not-converged', `${cluster.name}: ${waiting}.`, { cluster: cluster.name });
    }
    if (ctx.nowMs() - rolledMs > ROLL_AGAIN_MS) {
      rolledMs = ctx.nowMs();
      await cluster.rollWals();
    }
    ctx.progress({ phase: waiting });
    await ctx.sleep(POLL_MS);
  }
}

/** A server that died has closed what it wrote. */
export function findUnrolled(before: Folders, now: Folders): string | undefined {
  const live = new Set(now.liveServers);
  if (live.size === 0) return 'no server is live';
  const old = before.newestWals
    .filter(({ server }) => live.has(server))
    .find(
      (wal) =>
        !now.newestWals.some(
          ({ server, group, startedMs }) => server === wal.server && group === wal.group && startedMs > wal.startedMs,
        ),
    );
  return old && `${old.server} still writes ${old.name}`;
}

/** What a server wrote before it began the WAL that it writes now is in closed ones. */
export function toClosedMs({ liveServers, newestWals }: Folders, { heldFromMs }: OpenedHolders): number {
  const live = new Set(liveServers);
  const begun = newestWals.filter(({ server }) => live.has(server)).map(({ startedMs }) => startedMs);
  return begun.length === 0 ? heldFromMs : Math.min(...begun);
}
