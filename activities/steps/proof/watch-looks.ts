import type { PeerId } from '../../../workflows/contract/names.ts';
import type { HeldWals } from '../../../workflows/contract/status.ts';
import type { WatchEvent, WatchRunInput } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import type { PeerInfo, PeerQueues } from '../../hbase/cluster.ts';
import type { RunRecord } from '../../run-record/run-record.ts';
import { readNotedPeers } from '../replication/retired-peers.ts';
import { addSample, judgeDisk, toHeldWals, type WalSample } from './held-wals.ts';
import { DISABLED_TOO_LONG_MS, judgeMarkerTakers, judgeOthers, judgePeers, judgeStuckRefs } from './watch-peers.ts';
import { type SchemaWatch, watchSchemas } from './watch-schemas.ts';
import type { LookKind } from './watch-sight.ts';
import { startWritesWatch, watchWrites, type WritesWatch } from './watch-writes.ts';

const LAGS_EVERY_MS = 30_000;

/** What one watch knows, as its looks share it. */
export interface Watch extends SchemaWatch {
  input: WatchRunInput;
  world: StepWorld;
  peers: PeerInfo[];
  /** Since when a peer that was enabled is disabled. */
  disabledSinceMs: Map<PeerId, number>;
  lagsReadAtMs: number;
  samples: WalSample[];
  /** Of bulk loads, by peer, and since when there are any. */
  refs: Map<PeerId, { count: number; sinceMs: number }>;
  heldWals?: HeldWals;
  writes?: WritesWatch;
}

/** Nothing is asked of a cluster here: what fails is to be seen as a look that failed. */
export async function startWatch(input: WatchRunInput, world: StepWorld): Promise<Watch> {
  const { run, tables } = input;
  const [source, target] = await Promise.all([world.deps.cluster(run.source), world.deps.cluster(run.target)]);
  const wasSettled = ({ table }: { table: string }): boolean =>
    input.seen.some((key) => key === `schema-changed:${target.name}:${table}`);
  return {
    input,
    world,
    source,
    target,
    tables,
    settledOnTarget: new Set(tables.filter(wasSettled).map(({ table }) => table)),
    peers: [],
    disabledSinceMs: new Map(),
    lagsReadAtMs: Number.NEGATIVE_INFINITY,
    samples: [],
    refs: new Map(),
  };
}

export const LOOKS: Record<LookKind, { everyMs: number; look(watch: Watch): Promise<WatchEvent[]> }> = {
  disk: { everyMs: 3_000, look: lookAtDisk },
  peers: { everyMs: 3_000, look: lookAtPeers },
  schemas: { everyMs: 12_000, look: watchSchemas },
  /** A bulk load is looked for by reading WALs. */
  writes: { everyMs: 30_000, look: lookAtWrites },
};

async function lookAtDisk(watch: Watch): Promise<WatchEvent[]> {
  const { ctx } = watch.world;
  const [facts, queues] = await Promise.all([watch.source.readFacts(), readOwnQueues(watch)]);
  // Peers hold the same files, so the largest queue counts, not the sum.
  const bytes = Math.max(0, ...queues.map(([, held]) => held.bytes));
  watch.samples = addSample(watch.samples, { atMs: ctx.nowMs(), bytes });
  watch.heldWals = toHeldWals(watch.samples, facts);
  trackRefs(watch, queues);
  const waveBytes = watch.tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const disk = judgeDisk({ heldWals: watch.heldWals, waveBytes, seen: watch.input.seen });
  return [...disk, ...judgeStuckRefs(watch.refs, ctx.nowMs())];
}

/** A removed peer is for `judgePeers` to see. */
async function readOwnQueues({ source, input }: Watch): Promise<[PeerId, PeerQueues][]> {
  const known = new Set((await source.listPeers()).map(({ id }) => id));
  const ids = input.peerIds.filter((id) => known.has(id));
  return Promise.all(ids.map(async (id): Promise<[PeerId, PeerQueues]> => [id, await source.readPeerQueues(id)]));
}

function trackRefs({ refs, world }: Watch, queues: [PeerId, PeerQueues][]): void {
  for (const [id, { hfileRefs: count }] of queues) {
    if (count === 0) refs.delete(id);
    else refs.set(id, { count, sinceMs: refs.get(id)?.sinceMs ?? world.ctx.nowMs() });
  }
}

async function lookAtPeers(watch: Watch): Promise<WatchEvent[]> {
  const now = await watch.source.listPeers();
  trackDisabled(watch, now);
  const peers = { peerIds: watch.input.peerIds, noted: await readNotedPeers(await openRecord(watch)), now };
  watch.peers = now;
  const ours = judgePeers({ ...peers, disabledTooLong: listDisabled(watch) });
  return [...ours, ...judgeMarkerTakers(peers), ...(await lookAtOthers(watch, peers))];
}

async function lookAtOthers(watch: Watch, peers: Parameters<typeof judgeOthers>[0]): Promise<WatchEvent[]> {
  const nowMs = watch.world.ctx.nowMs();
  if (nowMs - watch.lagsReadAtMs < LAGS_EVERY_MS) return [];
  const lags = await watch.source.readPeerLags();
  watch.lagsReadAtMs = nowMs;
  return judgeOthers(peers, lags);
}

/** One that was told of as disabled stays so until it is enabled, also for a watch that began later. */
function trackDisabled({ peers: before, disabledSinceMs, world, input }: Watch, now: PeerInfo[]): void {
  for (const { id, enabled } of now) {
    const wasEnabled = before.find((peer) => peer.id === id)?.enabled === true;
    if (enabled) disabledSinceMs.delete(id);
    else if (wasEnabled) disabledSinceMs.set(id, world.ctx.nowMs());
    else if (input.seen.includes(`peer-changed:${id}:disabled`)) disabledSinceMs.set(id, Number.NEGATIVE_INFINITY);
  }
}

function listDisabled({ disabledSinceMs, world }: Watch): Set<PeerId> {
  const nowMs = world.ctx.nowMs();
  const overdue = [...disabledSinceMs].filter(([, sinceMs]) => nowMs - sinceMs >= DISABLED_TOO_LONG_MS);
  return new Set(overdue.map(([id]) => id));
}

async function openRecord({ world: { deps }, input: { run } }: Watch): Promise<RunRecord> {
  return (await deps.runs(run.source)).open(run.runId);
}

async function lookAtWrites(watch: Watch): Promise<WatchEvent[]> {
  const { source, input, world } = watch;
  watch.writes ??= await startWritesWatch({ source, input, record: await openRecord(watch) }, world.ctx);
  return watchWrites(watch.writes);
}
