import type { SettledKind, SettledNotes } from '../../../workflows/contract/step-data.ts';
import { clusterOfSide, defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { requireNotCutOver } from '../cutover/marks.ts';
import { lookAtFence } from './settle-fence.ts';
import { lookAtGuard } from './settle-guard.ts';
import { settleJobs } from './settle-jobs.ts';
import { lookAtMarkerTable } from './settle-marker-table.ts';
import { lookAtNamespace } from './settle-namespace.ts';
import { lookAtPeer } from './settle-peer.ts';
import { lookAtPurgeHold } from './settle-purge-hold.ts';
import { lookAtRestoredTable } from './settle-restored-table.ts';
import { lookAtRootExport, lookAtRootLease, lookAtRootScratch } from './settle-root.ts';
import { lookAtScope } from './settle-scope.ts';
import { lookAtScratch } from './settle-scratch.ts';
import { lookAtImportedSnapshot, lookAtSnapshot } from './settle-snapshot.ts';
import { lookAtStaging } from './settle-staging.ts';
import { lookAtTargetTable } from './settle-target-table.ts';
import { lookAtWalHolder } from './settle-wal-holder.ts';
import { withLateSnapshots } from './late-snapshots.ts';
import { settleEach, type Settling, startSettling } from './settling.ts';

/** How each kind of note is undone or completed. The order of kinds is the caller's (hazard 20). */
export const SETTLERS: Record<SettledKind, (settling: Settling) => Promise<SettledNotes>> = {
  namespace: (settling) => settleEach<'namespace'>(settling, lookAtNamespace),
  'marker-table': (settling) => settleEach<'marker-table'>(settling, lookAtMarkerTable),
  peer: (settling) => settleEach<'peer'>(settling, lookAtPeer),
  scope: (settling) => settleEach<'scope'>(settling, lookAtScope),
  snapshot: (settling) => settleEach<'snapshot'>(settling, lookAtSnapshot),
  staging: (settling) => settleEach<'staging'>(settling, lookAtStaging),
  'imported-snapshot': (settling) => settleEach<'imported-snapshot'>(settling, lookAtImportedSnapshot),
  'target-table': (settling) => settleEach<'target-table'>(settling, lookAtTargetTable),
  'purge-hold': (settling) => settleEach<'purge-hold'>(settling, lookAtPurgeHold),
  fence: (settling) => settleEach<'fence'>(settling, lookAtFence),
  guard: (settling) => settleEach<'guard'>(settling, lookAtGuard),
  job: settleJobs,
  'root-export': (settling) => settleEach<'root-export'>(settling, lookAtRootExport),
  'root-scratch': (settling) => settleEach<'root-scratch'>(settling, lookAtRootScratch),
  'root-lease': (settling) => settleEach<'root-lease'>(settling, lookAtRootLease),
  'restored-table': (settling) => settleEach<'restored-table'>(settling, lookAtRestoredTable),
  scratch: (settling) => settleEach<'scratch'>(settling, lookAtScratch),
  'wal-holder': (settling) => settleEach<'wal-holder'>(settling, lookAtWalHolder),
};

/** Works from the run record alone, so that a terminated run can be cleaned too. Idempotent. */
export const settleNotes = defineActivity<'settleNotes'>({
  name: 'settleNotes',
  kind: 'change',
  summary: 'undo or complete what the run noted',
  plan: ({ run, side, kind, outcome }) => ({
    cluster: clusterOfSide(run, side),
    summary: `${outcome === 'undone' ? 'undo' : 'complete'} every ${kind} that the run noted`,
    command: 'the Admin call that undoes each; see `temporal-hbase clean --dry-run`',
    undo: 'none',
    doneWhen: 'a second look finds nothing left of it, and its note is removed',
  }),
  run: (input, world) => {
    const phase = `settling ${input.kind}`;
    return keepAlive({ world, cluster: clusterOfSide(input.run, input.side), phase }, async () => {
      const settling = await startSettling(input, world);
      // Jobs may always be ended: what they write is settled by another kind.
      if (input.outcome === 'undone' && input.kind !== 'job') await requireNotCutOver(settling.sourceRecord, input.run);
      return SETTLERS[input.kind](await withLateSnapshots(settling));
    });
  },
});
