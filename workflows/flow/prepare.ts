import type { TableName } from '../contract/names.ts';
import type { PlannedTable } from '../contract/plan.ts';
import type { Side } from '../contract/step-data.ts';
import { forEachBounded } from './bounded.ts';
import { untilHealed, untilHealedOrRefused } from './holds.ts';
import { plannedWave, toPeerRef, untilNotPaused, type Run } from './run.ts';
import { step } from './step-proxies.ts';
import { orQuarantine } from './tables.ts';

/** Scope changes reopen regions; a few tables at a time keep the master responsive. */
const PARALLEL_SCOPES = 8;

/** Opens the run record on both sides and claims every table, before the first other write. */
export async function claim(run: Run): Promise<void> {
  const { plan, keeper } = run;
  await untilNotPaused(run);
  keeper.enter('claiming');
  await untilHealedOrRefused(keeper, 'claim the tables', () =>
    step('claimRun', { plan }, { summary: `claim ${plan.tables.length} tables for run ${plan.runId}` }),
  );
  run.isClaimed = true;
}

/** Marker table on both sides, if any, then the peer: born disabled, so that from here the source keeps every WAL. */
export async function openPeer(run: Run): Promise<void> {
  const { plan, ref, keeper } = run;
  await untilNotPaused(run);
  keeper.enter('preparing');
  const { markerTable, peerId } = plan;
  if (markerTable !== undefined) {
    // Both have ended when one fails: an undo must not meet the other while it is still being made.
    await forEachBounded<Side>(['source', 'target'], 2, (side) => createMarker(run, side, markerTable));
  }
  await untilHealed(keeper, `add peer ${peerId}`, () =>
    step('addPeer', { run: ref, peer: toPeerRef(run, peerId) }, { summary: `add peer ${peerId}, disabled` }),
  );
  const summary = `until every server keeps WALs for peer ${peerId}`;
  await untilHealed(keeper, summary, () => step('waitForPeerQueues', { run: ref, peerId }, { summary }));
}

/** REPLICATION_SCOPE 1 where it lacks. A table that refuses is quarantined; the others go on. */
export async function setScopes(run: Run): Promise<void> {
  await untilNotPaused(run);
  await forEachBounded(plannedWave(run), PARALLEL_SCOPES, async (table) => {
    await orQuarantine(run, table.table, () => setScope(run, table));
  });
}

export async function setScope({ ref }: Run, { table, families }: PlannedTable): Promise<void> {
  const names = families.map(({ name }) => name);
  await step('setReplicationScope', { run: ref, table, families: names }, { summary: `replication scope of ${table}` });
}

async function createMarker({ plan, ref, keeper }: Run, side: Side, table: TableName): Promise<void> {
  const { markerSplitKeys: splitKeys, peerId } = plan;
  const summary = `marker table on ${ref[side]}`;
  await untilHealed(keeper, summary, () =>
    step('createMarkerTable', { run: ref, side, table, splitKeys, peerId }, { summary }),
  );
}
