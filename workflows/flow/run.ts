import { condition } from '@temporalio/workflow';
import type { FamilyName, PeerId, TableName } from '../contract/names.ts';
import type { MigrationPlan, PlannedTable } from '../contract/plan.ts';
import type { PeerRef, RunRef } from '../contract/step-data.ts';
import type { TableStatus } from '../contract/status.ts';
import type { Inbox } from './inbox.ts';
import { waveTables } from './readiness.ts';
import { toIso } from './keeper.ts';
import type { WindowState } from './proof-window.ts';
import type { StatusKeeper } from './status-keeper.ts';
import { failWith } from './workflow-failure.ts';

/** One run of `migrateTables`, as its parts share it. */
export interface Run {
  readonly plan: MigrationPlan;
  readonly ref: RunRef;
  readonly keeper: StatusKeeper;
  readonly inbox: Inbox;
  /** Peers to the target by id. The first also carries the marker table, if there is one. */
  readonly peers: Map<PeerId, Peer>;
  /** Tables of which the target holds a copy of ours: another restore need not ask whether it is empty. */
  readonly restored: Set<TableName>;
  /** Tables whose child waits for its next try. */
  readonly heldCopies: Set<TableName>;
  /** The record stands on both sides, so an undo has something to work from. */
  isClaimed: boolean;
  /** The record was seen to hold notes, whatever this run remembers of making them: it may have been reset. */
  hasNotes: boolean;
  /** Past the mark, and nothing is left to prove or to switch: the peers were removed already. */
  isSettling: boolean;
  /** The watch saw unlogged writes, which it reports once: proofs before a fence read whole tables again (hazard 19). */
  recompareWhole: boolean;
  /** The same for single tables, whose schema was another one for a while. */
  readonly recompareTables: Set<TableName>;
  /** How long the slowest table took when its last window was compared: it will take as long inside the fence. */
  windowCompareMs: number;
  /** Absent before the first compare, and in runs that began without. */
  window?: WindowState;
  /** Number of the last cutover attempt. */
  epoch: number;
}

/** One peer with the wave tables it ships. */
export interface Peer {
  readonly tables: Set<TableName>;
  /** `held`: born disabled and never enabled. `halted`: was enabled, and must be again before anything is proven. */
  state: 'held' | 'shipping' | 'halted';
}

export function createRun(plan: MigrationPlan, inbox: Inbox): Run {
  const { keeper } = inbox;
  keeper.update({
    runId: plan.runId,
    source: plan.source.name,
    target: plan.target.name,
    findings: plan.findings,
    tables: plan.tables.map(toTableStatus),
  });
  const peer: Peer = { tables: new Set(plan.tables.map(({ table }) => table)), state: 'held' };
  const peers = new Map([[plan.peerId, peer]]);
  return {
    plan,
    ref: toRunRef(plan),
    keeper,
    inbox,
    peers,
    restored: new Set(),
    heldCopies: new Set(),
    isClaimed: false,
    hasNotes: false,
    isSettling: false,
    recompareWhole: false,
    recompareTables: new Set(),
    windowCompareMs: 0,
    epoch: 0,
  };
}

export function toRunRef({ runId, workflowId, source, target, inventoryDigest }: MigrationPlan): RunRef {
  return { runId, workflowId, source: source.name, target: target.name, inventoryDigest };
}

/** Planned tables that are still to be cut over together. */
export function plannedWave({ plan, keeper }: Run): PlannedTable[] {
  const wave = new Set(waveTables(keeper.status).map(({ table }) => table));
  return plan.tables.filter(({ table }) => wave.has(table));
}

export function plannedTable({ plan }: Run, table: TableName): PlannedTable {
  const found = plan.tables.find((row) => row.table === table);
  if (found === undefined) throw failWith('internal', `${table} is not in the plan`);
  return found;
}

export function peerOf({ peers, plan }: Run, table: TableName): PeerId {
  for (const [id, { tables }] of peers) if (tables.has(table)) return id;
  return plan.peerId;
}

export function peerIds({ peers }: Run): PeerId[] {
  return [...peers.keys()];
}

/** The run's own peer. Its marker table, if it has one, is named without families: all of them. */
export function toPeerRef({ plan, peers }: Run, id: PeerId): PeerRef {
  const tables: { table: TableName; families: FamilyName[] }[] = plan.tables
    .filter(({ table }) => peers.get(id)?.tables.has(table))
    .map(({ table, families }) => ({ table, families: families.map(({ name }) => name) }));
  if (id === plan.peerId && plan.markerTable !== undefined) tables.push({ table: plan.markerTable, families: [] });
  return { id, clusterKey: plan.target.clusterKey, tables };
}

/** A hold point: nothing new is started while the migration is paused. */
export async function untilNotPaused({ keeper }: Run): Promise<void> {
  if (keeper.status.paused) await condition(() => !keeper.status.paused);
}

function toTableStatus({ table, sizeBytes }: PlannedTable): TableStatus {
  const since = toIso(Date.now());
  return { table, phase: 'waiting', since, sizeBytes, copiedBytes: 0, attempts: 0 };
}
