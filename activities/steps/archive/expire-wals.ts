import type { ExpiredWals, HolderInput } from '../../../workflows/contract/backup/archive.ts';
import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { openCatalogue } from '../backup/open-catalogue.ts';
import { findNeededBases, isExpired } from '../backup/wal-chain.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { openTick, type TickWorld } from './tick-world.ts';
import { type ReadChain, readChain } from './read-chain.ts';

/** So many are removed between two looks at the lease. */
const GROUP = 16;
const AT_ONCE = 8;
/** A tick may have seen a break that happened a little after what it covers. */
const TICK_MARGIN_MS = 3_600_000;

/** Lets WALs go that no instant of the window needs (hazard 48). Nothing goes while anything cannot be read. */
export const expireWals = defineActivity<'expireWals'>({
  name: 'expireWals',
  kind: 'job',
  summary: 'let WALs go that the window needs no more',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `delete archived WALs of ${plan.set} that end before its window`,
    command: 'raise the horizon, then remove index entry and WAL, one after the other',
    undo: 'none',
    doneWhen: 'every WAL that is left is needed, or within the window',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.plan.cluster.name, phase: 'expiring WALs' }, (alive) =>
      openTick(input, alive).then((tick) => expire(tick, input)),
    ),
});

async function expire(tick: TickWorld, { plan }: HolderInput): Promise<ExpiredWals> {
  const { archive, world } = tick;
  const catalogue = await openCatalogue(world.deps, { cluster: plan.cluster.name, rootUri: plan.root.uri });
  const { backups, damaged } = await catalogue.readAll();
  const chain = await readChain(archive, { clusterId: plan.cluster.clusterId, backups });
  const newest = chain.ticks.at(-1)?.tick;
  const nothing = { wals: 0, bytes: 0, horizonMs: chain.horizonMs };
  if (!newest || chain.damaged.length + damaged.length > 0) return nothing;
  const windowFromMs = newest.coveredToMs - plan.request.windowMs;
  const { walsFromMs } = findNeededBases(chain, { tables: plan.watched, windowFromMs });
  const horizonMs = Math.max(walsFromMs, chain.horizonMs);
  const gone = chain.wals.filter((wal) => isExpired(wal, horizonMs));
  if (gone.length === 0) return nothing;
  await archive.raiseHorizon(horizonMs);
  await removeEach(tick, gone, (wal) => archive.removeWal(wal));
  await removeEach(tick, listOldTicks(chain, horizonMs), (name) => archive.removeTick(name));
  return { wals: gone.length, bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0), horizonMs };
}

/** The newest always stays: the next tick goes on from it. */
function listOldTicks({ ticks }: ReadChain, horizonMs: number): string[] {
  const old = ticks.slice(0, -1).filter(({ tick }) => tick.coveredToMs < horizonMs - TICK_MARGIN_MS);
  return old.map(({ name }) => name);
}

async function removeEach<T>(
  { archive, input, world }: TickWorld,
  items: readonly T[],
  remove: (item: T) => Promise<void>,
): Promise<void> {
  for (let done = 0; done < items.length; done += GROUP) {
    world.ctx.signal.throwIfAborted();
    await archive.leases.requireHeld(input.run.runId, 'exclusive');
    await inParallel({ items: items.slice(done, done + GROUP), limit: AT_ONCE }, remove);
    world.ctx.progress({ phase: 'expiring WALs', done, total: items.length, unit: 'wals' });
  }
}
