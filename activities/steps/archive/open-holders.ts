import type { OpenedHolders } from '../../../workflows/contract/backup/archive.ts';
import type { ArchiveHolder, NamedTick, WalArchive } from '../../catalogue/wal-archive.ts';
import { defineActivity } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { ClusterFacts } from '../../hbase/cluster.ts';
import { judgeDiskUse } from '../../hbase/disk-use.ts';
import { keepAlive } from '../../keep-alive.ts';
import { ensureHolder, waitUntilHeld } from '../replication/hold-wals.ts';
import { judgeContinuity } from './judge-holders.ts';
import { openHolderRecord, toHolderId } from './open-archive.ts';
import { ensureArchive } from './plan-archive.ts';
import { listStanding, openTick, releaseHolder, sweepReleased, type TickWorld } from './tick-world.ts';

/** A look while a server starts or a queue moves may miss what stands there. */
const LOOKS = 3;
const LOOK_AGAIN_MS = 1_000;
/**
 * Adds the holder that goes on before the one that is rotated out goes: from the WALs that are written now, both hold
 * them. What was held before is looked at first, since a chain must never go on across WALs that were let go.
 */
export const openHolders = defineActivity<'openHolders'>({
  name: 'openHolders',
  kind: 'wait',
  summary: 'hold the WALs for the next tick',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `add a disabled peer that holds WALs for the archive of ${plan.set}`,
    command: `Admin.addReplicationPeer('${toHolderId(plan.archiveRunId, 1)}', VerifyWALEntriesReplicationEndpoint, enabled: false)`,
    undo: `stopArchive, or clean ${plan.archiveRunId}: removes the peer`,
    doneWhen: 'every live server has its queue, with the WAL that it writes',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.plan.cluster.name, phase: 'holding WALs' }, (alive) =>
      openTick(input, alive).then(open),
    ),
});

async function open(tick: TickWorld): Promise<OpenedHolders> {
  await ensureArchive(tick.input.plan, tick.archive);
  await sweepReleased(tick);
  const facts = await tick.cluster.readFacts();
  const disk = judgeDisk(facts);
  if (disk.isFull) return giveUp(tick, { why: disk.message ?? '' });
  const last = await readLast(tick.archive);
  const standing = await listStanding(tick.archive);
  const gap = last === undefined ? undefined : await findGap(tick, { last, standing });
  if (gap) for (const holder of standing) await releaseHolder(tick, holder);
  const left = gap ? [] : standing;
  const oldest = last === undefined || gap ? undefined : left[0];
  const next = left.find((holder) => holder !== oldest) ?? (await mintHolder(tick));
  const heldFromMs = await hold(tick, next);
  return {
    ...(oldest === undefined ? {} : { oldest: oldest.id }),
    next: next.id,
    heldFromMs,
    ...(gap ? { gap } : {}),
    ...(disk.message === undefined ? {} : { warning: disk.message }),
  };
}

/** The chain ends here, and begins anew when there is room again. */
async function giveUp(tick: TickWorld, { why }: { why: string }): Promise<OpenedHolders> {
  for (const holder of await listStanding(tick.archive)) await releaseHolder(tick, holder);
  const clocks = (await tick.cluster.readClocks()).map(({ clockMs }) => clockMs);
  return { heldFromMs: Math.max(...clocks), gap: [`${why} No WALs are held.`] };
}

/** From the first step on a holder costs more than a gap (hazard 13). */
function judgeDisk(facts: ClusterFacts): { isFull: boolean; message?: string } {
  const { percent, isWarning, holds } = judgeDiskUse({ ...facts, needBytes: facts.walBytes });
  if (!isWarning) return { isFull: false };
  const message = `The disk is ${percent} % full, with ${facts.walBytes} bytes of WALs.`;
  return { isFull: holds.length > 0, message };
}

/** undefined for the first tick. A damaged one cannot be gone on from. */
async function readLast(archive: WalArchive): Promise<NamedTick | { damaged: string } | undefined> {
  try {
    return await archive.readLastTick();
  } catch (error) {
    if (error instanceof Failure && error.code === 'backup.damaged') return { damaged: error.message };
    throw error;
  }
}

async function findGap(
  tick: TickWorld,
  { last, standing }: { last: NamedTick | { damaged: string }; standing: ArchiveHolder[] },
): Promise<string[] | undefined> {
  if ('damaged' in last) return [last.damaged];
  for (let look = 1; ; look += 1) {
    const why = await lookForGap(tick, { last, oldest: standing[0] });
    if (why.length === 0) return undefined;
    if (look === LOOKS) return why;
    await tick.world.ctx.sleep(LOOK_AGAIN_MS);
  }
}

async function lookForGap(
  { cluster, archive }: TickWorld,
  { last, oldest }: { last: NamedTick; oldest: ArchiveHolder | undefined },
): Promise<string[]> {
  const peers = await cluster.listPeers();
  const exists = oldest !== undefined && peers.some(({ id }) => id === oldest.id);
  const servers = exists ? await cluster.readPeerQueues(oldest.id) : { liveServers: [], newestWals: [] };
  const held = exists ? await cluster.listHeldWals(oldest.id) : [];
  const names = new Set(held.flatMap(({ wals }) => wals.map(({ name }) => name)));
  const unseen = last.tick.held.filter(({ name }) => !names.has(name));
  const entries = await Promise.all(unseen.map((wal) => archive.readWal(wal)));
  const archived = new Set(entries.flatMap((entry) => entry?.name ?? []));
  return judgeContinuity({ last: last.tick, oldest, peers, held, servers, archived });
}

/** Never a peer that was not noted: another one of that name is somebody else's, and the next number is taken. */
async function mintHolder({ archive, cluster, input: { plan } }: TickWorld): Promise<ArchiveHolder> {
  const taken = new Set((await cluster.listPeers()).map(({ id }) => id));
  let number = ((await archive.listHolders()).at(-1)?.number ?? 0) + 1;
  while (taken.has(toHolderId(plan.archiveRunId, number))) number += 1;
  return { number, id: toHolderId(plan.archiveRunId, number), stages: new Set() };
}

/** @returns From when on every WAL is held: the latest beginning of those that the queues begin with. */
async function hold({ archive, cluster, input, world }: TickWorld, holder: ArchiveHolder): Promise<number> {
  const { number, id } = holder;
  const { run, plan } = input;
  if (!holder.stages.has('held')) {
    const { note } = await openHolderRecord(world.deps, { plan, archive });
    await archive.markHolder({ number, id, by: run.workflowId }, 'noted');
    await note(id);
    await ensureHolder(cluster, id);
  }
  const heldFromMs = await waitUntilHeld({ cluster, ctx: world.ctx }, id);
  await archive.markHolder({ number, id, by: run.workflowId }, 'held');
  return heldFromMs;
}
