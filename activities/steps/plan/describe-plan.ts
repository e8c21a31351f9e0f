import type { MigrationPlan, PlannedTable } from '../../../workflows/contract/plan.ts';
import type { StepName } from '../../../workflows/contract/steps.ts';
import type { FenceInput, PeerRef, PlannedStep, RunRef, Side } from '../../../workflows/contract/step-data.ts';
import { type Activity, defineActivity, type StepInput } from '../../define-step.ts';
import { openTarget } from '../cutover/open-target.ts';
import { disableTables } from '../cutover/disable-tables.ts';
import { fenceTables } from '../cutover/fence-tables.ts';
import { proveDrained } from '../cutover/prove-drained.ts';
import { setMark } from '../cutover/set-mark.ts';
import { startFenceGuard } from '../cutover/start-fence-guard.ts';
import { stopFenceGuard } from '../cutover/stop-fence-guard.ts';
import { switchClients } from '../cutover/switch-clients.ts';
import { closeRun } from '../cleanup/close-run.ts';
import { settleNotes } from '../cleanup/settle-notes.ts';
import { claimRun } from '../record/claim-run.ts';
import { addPeer } from '../replication/add-peer.ts';
import { createMarkerTable } from '../replication/create-marker-table.ts';
import { enablePeer } from '../replication/enable-peer.ts';
import { setReplicationScope } from '../replication/set-replication-scope.ts';
import { waitForCatchUp } from '../replication/wait-for-catch-up.ts';
import { waitForPeerQueues } from '../replication/wait-for-peer-queues.ts';
import { describeCopy } from './describe-copy.ts';

/** What a dry run shows: the same plan forms the steps have, in the order in which the recipe calls them. */
export const describePlan = defineActivity<'describePlan'>({
  name: 'describePlan',
  kind: 'read',
  summary: 'describe what would be done',
  run: ({ plan }) => Promise.resolve(describe(plan)),
});

/** One step's plan form as a line of the plan. */
export function planned<N extends StepName>(activity: Activity<N>, input: StepInput<N>): PlannedStep[] {
  return activity.plan ? [{ step: activity.name, ...activity.plan(input) }] : [];
}

function describe(plan: MigrationPlan): PlannedStep[] {
  const run = toRunRef(plan);
  return [
    ...planned(claimRun, { plan }),
    ...describePeer(plan, run),
    ...plan.tables.flatMap((table) => describeScope(table, run)),
    ...plan.tables.flatMap((table) => describeCopy(table, { plan, run })),
    ...planned(enablePeer, { run, peerId: plan.peerId }),
    ...planned(waitForCatchUp, { run, peerIds: [plan.peerId], markerTable: plan.markerTable }),
    ...describeCutover(plan, run),
    ...describeEnd(plan, run),
  ];
}

function describePeer(plan: MigrationPlan, run: RunRef): PlannedStep[] {
  const { peerId } = plan;
  return [
    ...SIDES.flatMap((side) => describeMarker(plan, { run, side })),
    ...planned(addPeer, { run, peer: toPeerRef(plan) }),
    ...planned(waitForPeerQueues, { run, peerId }),
  ];
}

const SIDES = ['source', 'target'] as const;

function describeMarker(plan: MigrationPlan, { run, side }: { run: RunRef; side: Side }): PlannedStep[] {
  const { markerTable: table, markerSplitKeys: splitKeys, peerId } = plan;
  return table === undefined ? [] : planned(createMarkerTable, { run, side, table, splitKeys, peerId });
}

/** Only families that lack it are altered. */
function describeScope({ table, families }: PlannedTable, run: RunRef): PlannedStep[] {
  const lacking = families.filter(({ scopeBefore }) => scopeBefore !== 1).map(({ name }) => name);
  return lacking.length === 0 ? [] : planned(setReplicationScope, { run, table, families: lacking });
}

function describeCutover({ request: { cutover }, peerId, markerTable, ...plan }: MigrationPlan, run: RunRef) {
  const { fence: kind, fenceCommand, switchClients: command, maxWritePauseMs } = cutover;
  const epoch = 1;
  const tables = plan.tables.map(({ table }) => table);
  const fence: FenceInput = {
    run,
    epoch,
    fence: kind,
    ...(fenceCommand === undefined ? {} : { command: fenceCommand }),
    tables: plan.tables.map(({ table, readOnlyBefore }) => ({ table, readOnlyBefore })),
  };
  const sentinel = run.runId;
  return [
    ...planned(startFenceGuard, { ...fence, deadlineMs: maxWritePauseMs }),
    ...planned(fenceTables, fence),
    ...planned(proveDrained, { run, peerIds: [peerId], markerTable, sentinel, timeLimitMs: maxWritePauseMs }),
    ...(kind === 'disable' ? planned(disableTables, fence) : []),
    ...planned(setMark, { run, epoch, decision: 'cut-over', by: 'workflow' }),
    ...planned(openTarget, { run, markerTable, tables }),
    ...(command === undefined ? [] : planned(switchClients, { run, command, tables })),
    ...planned(stopFenceGuard, { run, epoch }),
  ];
}

function describeEnd({ markerTable }: MigrationPlan, run: RunRef): PlannedStep[] {
  const outcome = 'completed';
  const markerSides = markerTable === undefined ? [] : SIDES;
  return [
    ...planned(settleNotes, { run, side: 'source', kind: 'peer', outcome }),
    ...planned(settleNotes, { run, side: 'source', kind: 'scope', outcome }),
    ...planned(settleNotes, { run, side: 'source', kind: 'snapshot', outcome }),
    ...planned(settleNotes, { run, side: 'target', kind: 'imported-snapshot', outcome }),
    ...planned(settleNotes, { run, side: 'target', kind: 'purge-hold', outcome }),
    ...markerSides.flatMap((side) => planned(settleNotes, { run, side, kind: 'marker-table', outcome })),
    ...planned(closeRun, { run, outcome }),
  ];
}

function toRunRef({ runId, workflowId, source, target, inventoryDigest }: MigrationPlan): RunRef {
  return { runId, workflowId, source: source.name, target: target.name, inventoryDigest };
}

function toPeerRef({ peerId, target, tables, markerTable }: MigrationPlan): PeerRef {
  const wave = tables.map(({ table, families }) => ({ table, families: families.map(({ name }) => name) }));
  const marker = markerTable === undefined ? [] : [{ table: markerTable, families: [] }];
  return { id: peerId, clusterKey: target.clusterKey, tables: [...wave, ...marker] };
}
