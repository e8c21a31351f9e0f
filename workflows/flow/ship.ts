import type { PeerId, TableName } from '../contract/names.ts';
import { untilHealed } from './holds.ts';
import { waveTables } from './readiness.ts';
import { peerIds, toPeerRef, untilNotPaused, type Run } from './run.ts';
import { step } from './step-proxies.ts';

/** Left-out tables leave the peer while it is still disabled; then it ships what it has held since the beginning. */
export async function shipBacklog(run: Run): Promise<void> {
  const { plan, ref, keeper } = run;
  await untilNotPaused(run);
  keeper.enter('catching-up');
  const left = shrinkToWave(run, plan.peerId);
  const { peerId } = plan;
  if (left.length > 0) await untilHealed(keeper, `tables of peer ${peerId}`, () => setTables(run, peerId, left));
  await untilHealed(keeper, `enable peer ${peerId}`, () => enable(run, peerId));
  await untilHealed(keeper, `catch up with ${ref.target}`, () => catchUp(run, ref.target));
}

/** Until the backlog is down to the WALs being written and a probe row has arrived. */
export async function catchUp(run: Run, what: string): Promise<void> {
  const { plan, ref, keeper } = run;
  const shipping = peerIds(run).filter((id) => run.peers.get(id)?.state === 'shipping');
  keeper.block({ code: 'lag', message: `${what} has not caught up yet` });
  const backlog = await step(
    'waitForCatchUp',
    { run: ref, peerIds: shipping, markerTable: plan.markerTable },
    { summary: `until ${what} has caught up` },
  );
  keeper.unblock('lag');
  keeper.update({ backlog });
}

/** Takes tables that were left out after the peer has shipped out of it; a peer without tables ships no more. */
export async function dropLeftOut(run: Run): Promise<boolean> {
  let changed = false;
  for (const id of peerIds(run)) {
    const left = shrinkToWave(run, id);
    if (left.length === 0) continue;
    changed = true;
    await untilHealed(run.keeper, `disable peer ${id}`, () => disable(run, id));
    if (isIdle(run, id)) run.peers.delete(id);
    else await reopen(run, id, left);
  }
  return changed;
}

/** True when a table that was left out is still shipped. */
export function hasLeftOut({ peers, keeper }: Run): boolean {
  const wave = new Set(waveTables(keeper.status).map(({ table }) => table));
  return [...peers.values()].some(({ tables }) => [...tables].some((table) => !wave.has(table)));
}

export async function setTables(run: Run, id: PeerId, without: TableName[]): Promise<void> {
  await step(
    'setPeerTables',
    { run: run.ref, peer: toPeerRef(run, id) },
    { summary: without.length === 0 ? `tables of peer ${id}` : `peer ${id} without ${without.join(', ')}` },
  );
}

/** A peer that stands still after a failed retry would hold back every proof. */
export async function reopenHalted(run: Run): Promise<void> {
  for (const [id, { state }] of run.peers) {
    if (state === 'halted') await reopen(run, id, []);
  }
}

async function reopen(run: Run, id: PeerId, without: TableName[]): Promise<void> {
  await untilHealed(run.keeper, `tables of peer ${id}`, () => setTables(run, id, without));
  await untilHealed(run.keeper, `enable peer ${id}`, () => enable(run, id));
}

export async function enable({ ref, peers }: Run, peerId: PeerId): Promise<void> {
  await step('enablePeer', { run: ref, peerId }, { summary: `enable peer ${peerId}` });
  const peer = peers.get(peerId);
  if (peer) peer.state = 'shipping';
}

export async function disable({ ref, peers }: Run, peerId: PeerId): Promise<void> {
  const peer = peers.get(peerId);
  if (peer?.state === 'shipping') peer.state = 'halted';
  await step('disablePeer', { run: ref, peerId }, { summary: `disable peer ${peerId}, wait for the batch in flight` });
}

/** The run's first peer carries the marker table, if there is one. On 1.x a peer without tables would ship all of them. */
export function isIdle({ peers, plan }: Run, id: PeerId): boolean {
  const carriesMarker = id === plan.peerId && plan.markerTable !== undefined;
  return !carriesMarker && (peers.get(id)?.tables.size ?? 0) === 0;
}

function shrinkToWave({ peers, keeper }: Run, id: PeerId): TableName[] {
  const tables = peers.get(id)?.tables ?? new Set();
  const wave = new Set(waveTables(keeper.status).map(({ table }) => table));
  const left = [...tables].filter((table) => !wave.has(table));
  for (const table of left) tables.delete(table);
  return left;
}
