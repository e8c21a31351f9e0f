import type { PeerId } from '../../../workflows/contract/names.ts';
import type { HeldWals } from '../../../workflows/contract/status.ts';
import type { WatchEvent, WatchRunInput } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { PeerInfo, PeerQueues } from '../../hbase/cluster.ts';
import type { RunRecord } from '../../run-record/run-record.ts';
import { readNotedPeers } from '../replication/retired-peers.ts';
import { addSample, judgeDisk, toHeldWals, type WalSample } from './held-wals.ts';
import { DISABLED_TOO_LONG_MS, judgeMarkerTakers, judgeOthers, judgePeers, judgeStuckRefs } from './watch-peers.ts';
import { type SchemaWatch, watchSchemas } from './watch-schemas.ts';
import { startWritesWatch, watchWrites, type WritesWatch } from './watch-writes.ts';

const POLL_MS = 3_000;
/** Every how many polls the dearer looks are made: a bulk load is looked for by reading WALs. */
const SCHEMAS_EVERY = 4;
const WRITES_EVERY = 10;
const LAGS_EVERY = 10;

/**
 * One heartbeating activity instead of ticking timers: 30 s × 3 days would be 70,000 events (hazard 35). Returns at
 * the first event that is not in `seen`; the workflow decides and watches again.
 */
export const watchRun = defineActivity<'watchRun'>({
  name: 'watchRun',
  kind: 'wait',
  summary: 'watch disk, schemas, peers and unlogged writes',
  run: async (input, world) => {
    const state = await startWatch(input, world);
    for (let round = 0; ; round += 1) {
      const events = await lookTolerantly(state, round);
      const unseen = events.find(({ key }) => !input.seen.includes(key));
      if (unseen) return state.heldWals ? { heldWals: state.heldWals, ...unseen } : unseen;
      await world.ctx.sleep(POLL_MS);
    }
  },
});

interface Watch extends SchemaWatch {
  input: WatchRunInput;
  world: StepWorld;
  record: RunRecord;
  peers: PeerInfo[];
  /** Since when a peer that was enabled is disabled. */
  disabledSinceMs: Map<PeerId, number>;
  samples: WalSample[];
  /** Of bulk loads, by peer, and since when there are any. */
  refs: Map<PeerId, { count: number; sinceMs: number }>;
  heldWals?: HeldWals;
  writes: WritesWatch;
}

async function startWatch(input: WatchRunInput, world: StepWorld): Promise<Watch> {
  const { deps } = world;
  const { run, tables } = input;
  const [source, target, records] = await Promise.all([
    deps.cluster(run.source),
    deps.cluster(run.target),
    deps.runs(run.source),
  ]);
  const record = records.open(run.runId);
  return {
    input,
    world,
    source,
    target,
    tables,
    settledOnTarget: new Set(),
    record,
    peers: [],
    disabledSinceMs: new Map(),
    samples: [],
    refs: new Map(),
    writes: await startWritesWatch({ source, input, record }, world.ctx),
  };
}

/** A cluster that does not answer for a moment is no event; without a heartbeat the activity ends by itself. */
async function lookTolerantly(state: Watch, round: number): Promise<WatchEvent[]> {
  try {
    return await look(state, round);
  } catch (error) {
    state.world.ctx.signal.throwIfAborted();
    if (error instanceof Failure && error.retryable) return [];
    throw error;
  }
}

async function look(state: Watch, round: number): Promise<WatchEvent[]> {
  const disk = await lookAtDisk(state);
  const peers = await lookAtPeers(state, round);
  const schemas = round % SCHEMAS_EVERY === 0 ? await watchSchemas(state) : [];
  const writes = round % WRITES_EVERY === 0 ? await watchWrites(state.writes) : [];
  return [...disk, ...peers, ...schemas, ...writes];
}

async function lookAtDisk(state: Watch): Promise<WatchEvent[]> {
  const { ctx } = state.world;
  const [facts, queues] = await Promise.all([state.source.readFacts(), readOwnQueues(state)]);
  // Peers hold the same files, so the largest queue counts, not the sum.
  const bytes = Math.max(0, ...queues.map(([, held]) => held.bytes));
  state.samples = addSample(state.samples, { atMs: ctx.nowMs(), bytes });
  state.heldWals = toHeldWals(state.samples, facts);
  ctx.progress({ phase: 'watching', heldWals: state.heldWals });
  trackRefs(state, queues);
  return [...judgeDisk(state.heldWals), ...judgeStuckRefs(state.refs, ctx.nowMs())];
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

async function lookAtPeers(state: Watch, round: number): Promise<WatchEvent[]> {
  const now = await state.source.listPeers();
  trackDisabled(state, now);
  const nowMs = state.world.ctx.nowMs();
  const overdue = [...state.disabledSinceMs].filter(([, sinceMs]) => nowMs - sinceMs >= DISABLED_TOO_LONG_MS);
  const disabledTooLong = new Set(overdue.map(([id]) => id));
  const peers = { peerIds: state.input.peerIds, noted: await readNotedPeers(state.record), now };
  state.peers = now;
  const others = round % LAGS_EVERY === 0 ? judgeOthers(peers, await state.source.readPeerLags()) : [];
  return [...judgePeers({ ...peers, disabledTooLong }), ...judgeMarkerTakers(peers), ...others];
}

function trackDisabled({ peers: before, disabledSinceMs, world }: Watch, now: PeerInfo[]): void {
  for (const { id, enabled } of now) {
    const wasEnabled = before.find((peer) => peer.id === id)?.enabled === true;
    if (enabled) disabledSinceMs.delete(id);
    else if (wasEnabled) disabledSinceMs.set(id, world.ctx.nowMs());
  }
}
