import type { PeerId, TableName } from '../../../workflows/contract/names.ts';
import type { ReplicationBacklog } from '../../../workflows/contract/status.ts';
import { METRICS } from '../../../workflows/contract/metrics.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, PeerInfo, PeerQueues } from '../../hbase/cluster.ts';
import { measureDrain } from '../cutover/measure-drain.ts';
import { listMissingSentinels, putSentinels, type Sentinels } from '../cutover/sentinels.ts';
import { hasOnlyOpenWals } from '../proof/caught-up.ts';
import { toFreeMarker } from './marker-takers.ts';
import { measureBacklog } from './measure-backlog.ts';
import { requirePeer } from './peers.ts';

const POLL_MS = 500;
const PROBE_POLL_MS = 50;
/** A probe that takes longer is behind a backlog: look at the queues again. */
const PROBE_LIMIT_MS = 5_000;
/** The same without a probe row: a roll of every WAL takes up to 2 s of it. */
const DRAIN_LIMIT_MS = 15_000;

export const waitForCatchUp = defineActivity<'waitForCatchUp'>({
  name: 'waitForCatchUp',
  kind: 'wait',
  summary: 'wait until the target has caught up',
  plan: ({ run, peerIds, markerTable }) => ({
    cluster: run.source,
    summary: `wait until ${run.target} has caught up with ${run.source}`,
    command:
      `list the queues of ${peerIds.join(', ')}; ` +
      (markerTable === undefined
        ? 'Admin.rollWALWriter on every live server'
        : `put a probe row into the marker table and read it on ${run.target}`),
    undo: 'nothing to undo',
    doneWhen: `only WALs being written are queued, and ${markerTable === undefined ? 'nothing from before a roll is' : 'the probe row has arrived'}`,
  }),
  run: wait,
});

interface Wait {
  run: RunRef;
  peerIds: PeerId[];
  markerTable?: TableName | undefined;
}

async function wait({ run, peerIds, markerTable: planned }: Wait, world: StepWorld): Promise<ReplicationBacklog> {
  const { deps, ctx } = world;
  const [source, target] = await Promise.all([deps.cluster(run.source), deps.cluster(run.target)]);
  for (;;) {
    const peers = await Promise.all(peerIds.map((id) => requireShipping(source, id)));
    const queues = await Promise.all(peerIds.map((id) => source.readPeerQueues(id)));
    const backlog = measureBacklog(queues, ctx.nowMs());
    ctx.progress({ phase: describePhase(queues), done: backlog.wals, unit: 'wals', backlog });
    recordBacklog(run, backlog, deps);
    if (queues.every(hasOnlyOpenWals)) {
      const markerTable = await toFreeMarker(source, planned);
      const carriesMarker = peers.some(({ tables }) => tables.some(({ table }) => table === markerTable));
      if (markerTable !== undefined && !carriesMarker) return backlog;
      const probeLagMs =
        markerTable === undefined
          ? await measureDrain({ ctx, source, target, peerIds, timeLimitMs: DRAIN_LIMIT_MS })
          : await probe({ source, target, markerTable }, world);
      if (probeLagMs !== undefined) {
        deps.metrics?.record(METRICS.lag, probeLagMs / 1_000, toPair(run));
        return { ...backlog, probeLagMs, asOf: new Date(ctx.nowMs()).toISOString() };
      }
    }
    await ctx.sleep(POLL_MS);
  }
}

function recordBacklog(run: RunRef, { bytes, oldestMs }: ReplicationBacklog, { metrics }: StepWorld['deps']): void {
  metrics?.record(METRICS.heldWalBytes, bytes, toPair(run));
  metrics?.record(METRICS.heldWalAge, oldestMs / 1_000, toPair(run));
}

function toPair({ source, target }: RunRef): { source: string; target: string } {
  return { source, target };
}

/** A disabled peer never catches up: say so instead of waiting for ever. */
async function requireShipping(source: HBaseCluster, id: PeerId): Promise<PeerInfo> {
  const peer = await requirePeer(source, id);
  if (peer.enabled) return peer;
  throw new Failure('peer.changed', `Peer ${id} of ${source.name} was disabled by somebody: it ships nothing.`, {
    cluster: source.name,
  });
}

interface Probe {
  source: HBaseCluster;
  target: HBaseCluster;
  markerTable: TableName;
}

/** The true lag: from a put on every source server to its sight on the target. undefined when it took too long. */
async function probe({ source, target, markerTable }: Probe, { ctx }: StepWorld): Promise<number | undefined> {
  const startedMs = ctx.nowMs();
  const sentinels: Sentinels = new Map();
  await putSentinels({ source, markerTable }, { sentinels, value: `catch-up ${startedMs}` });
  while (ctx.nowMs() - startedMs < PROBE_LIMIT_MS) {
    const missing = await listMissingSentinels({ target, markerTable }, sentinels);
    if (missing.length === 0) return ctx.nowMs() - startedMs;
    ctx.progress({ phase: 'probe on its way', done: sentinels.size - missing.length, total: sentinels.size });
    await ctx.sleep(PROBE_POLL_MS);
  }
  return undefined;
}

/** References to files of bulk loads leave only when the target has fetched them, whatever WALs are shipped. */
function describePhase(peers: PeerQueues[]): string {
  const refs = peers.reduce((sum, { hfileRefs }) => sum + hfileRefs, 0);
  return refs === 0 ? 'catching up' : `catching up, ${refs} bulk-loaded files wait to be fetched`;
}
