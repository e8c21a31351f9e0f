import type { PeerId } from '../../../workflows/contract/names.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, PeerQueues } from '../../hbase/cluster.ts';
import type { StepContext } from '../../step-context.ts';
import { isDataWal } from '../cutover/judge-rolled.ts';

const POLL_MS = 300;
const ROLL_AGAIN_MS = 15_000;
const LIMIT_MS = 180_000;

export type WalFolders = Pick<PeerQueues, 'liveServers' | 'newestWals'>;

/** Which WALs are being written. */
export async function readWalFolders(cluster: HBaseCluster, holder: PeerId): Promise<WalFolders> {
  const { liveServers, newestWals } = await cluster.readPeerQueues(holder);
  return { liveServers, newestWals: newestWals.filter(isDataWal) };
}

/**
 * Rolls until every WAL that was written at `before` is closed. The roll comes after its call, so each server is looked
 * at until it writes a newer one (sandbox measurement, hazard 2). @returns what is written then.
 */
export async function closeWals(
  { cluster, ctx }: { cluster: HBaseCluster; ctx: StepContext },
  { holder, before }: { holder: PeerId; before: WalFolders },
): Promise<WalFolders> {
  const deadlineMs = ctx.nowMs() + LIMIT_MS;
  let rolledMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    ctx.signal.throwIfAborted();
    const now = await readWalFolders(cluster, holder);
    const waiting = findUnrolled(before, now);
    if (waiting === undefined) return now;
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
export function findUnrolled(before: WalFolders, now: WalFolders): string | undefined {
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
