import type { PeerId } from '../../../workflows/contract/names.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { StepContext } from '../../step-context.ts';
import { listMissingQueues } from './wait-for-peer-queues.ts';

const POLL_MS = 200;

/** A peer that ships nothing and holds WALs. Whoever calls has noted it before. */
export async function ensureHolder(cluster: HBaseCluster, id: PeerId): Promise<void> {
  if (!(await cluster.listPeers()).some((peer) => peer.id === id)) await cluster.addHolder(id);
}

/**
 * Until every server keeps its WALs for the holder. @returns From when on every WAL is held: the latest beginning of
 * those that the queues begin with.
 */
export async function waitUntilHeld(
  { cluster, ctx }: { cluster: HBaseCluster; ctx: StepContext },
  id: PeerId,
): Promise<number> {
  for (;;) {
    ctx.signal.throwIfAborted();
    const missing = listMissingQueues(await cluster.readPeerQueues(id), id);
    if (missing.length === 0) break;
    ctx.progress({ phase: `waiting for ${missing[0] ?? ''}` });
    await ctx.sleep(POLL_MS);
  }
  return readHeldFrom(cluster, id);
}

async function readHeldFrom(cluster: HBaseCluster, id: PeerId): Promise<number> {
  const begins = (await cluster.listHeldWals(id))
    .filter(({ live, recovered }) => live && !recovered)
    .flatMap(({ wals }) => toBeginnings(wals));
  if (begins.length > 0) return Math.max(...begins);
  const message = `${cluster.name}: no server keeps WALs for ${id} yet.`;
  throw new Failure('step.not-converged', message, { cluster: cluster.name });
}

/** Of each group the oldest. */
function toBeginnings(wals: { group: string; startedMs: number }[]): number[] {
  const groups = new Set(wals.map(({ group }) => group));
  return [...groups].map((group) =>
    Math.min(...wals.filter((wal) => wal.group === group).map(({ startedMs }) => startedMs)),
  );
}
