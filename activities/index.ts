import type { StepName, Steps } from '../workflows/contract/steps.ts';
import type { Activity } from './define-step.ts';
import type { StepDeps } from './deps.ts';
import { bindActivity, type StepHost } from './step-host.ts';
import { archiveHeldWals } from './steps/archive/archive-held-wals.ts';
import { closeArchive } from './steps/archive/close-archive.ts';
import { expireWals } from './steps/archive/expire-wals.ts';
import { openHolders } from './steps/archive/open-holders.ts';
import { planArchive, planStopArchive } from './steps/archive/plan-archive.ts';
import { recordTick } from './steps/archive/record-tick.ts';
import { readInstants } from './steps/archive/read-instants.ts';
import { judgeBackups } from './steps/watch/judge-backups.ts';
import { readAudit } from './steps/watch/read-audit.ts';
import { sendAlert } from './steps/watch/send-alert.ts';
import { readyScratch } from './steps/archive/ready-scratch.ts';
import { replayWals } from './steps/archive/replay-wals.ts';
import { rotateHolder } from './steps/archive/rotate-holder.ts';
import { rollHeldWals } from './steps/archive/roll-held-wals.ts';
import { checkBackup } from './steps/backup/check-backup.ts';
import { compareScratch } from './steps/backup/compare-scratch.ts';
import { decideExpiry } from './steps/backup/decide-expiry.ts';
import { digestExport } from './steps/backup/digest-export.ts';
import { emptyTrash } from './steps/backup/empty-trash.ts';
import { exportToRoot } from './steps/backup/export-to-root.ts';
import { holdRoot } from './steps/backup/hold-root.ts';
import { importFromRoot } from './steps/backup/import-from-root.ts';
import { keepBackup } from './steps/backup/keep-backup.ts';
import { moveToTrash } from './steps/backup/move-to-trash.ts';
import { openRun } from './steps/backup/open-run.ts';
import { planBackup } from './steps/backup/plan-backup.ts';
import { planDrill } from './steps/backup/plan-drill.ts';
import { planExpiry } from './steps/backup/plan-expiry.ts';
import { planRestore } from './steps/backup/plan-restore.ts';
import { previewExpiry } from './steps/backup/preview-expiry.ts';
import { publishRestore } from './steps/backup/publish-restore.ts';
import { publishScratch } from './steps/backup/publish-scratch.ts';
import { readCatalogue } from './steps/backup/read-catalogue.ts';
import { readSourceClocks } from './steps/backup/read-source-clocks.ts';
import { recordProof } from './steps/backup/record-proof.ts';
import { recordRestore } from './steps/backup/record-restore.ts';
import { reviewTrash } from './steps/backup/review-trash.ts';
import { sealBackup } from './steps/backup/seal-backup.ts';
import { showBackup } from './steps/backup/show-backup.ts';
import { verifyBackup } from './steps/backup/verify-backup.ts';
import { checkClusters } from './steps/check/check-clusters.ts';
import { auditLeaks } from './steps/cleanup/audit-leaks.ts';
import { closeRun } from './steps/cleanup/close-run.ts';
import { settleNotes } from './steps/cleanup/settle-notes.ts';
import { exportSnapshot } from './steps/copy/export-snapshot.ts';
import { importSnapshot } from './steps/copy/import-snapshot.ts';
import { transferStaging } from './steps/copy/transfer-staging.ts';
import { checkClientSwitch } from './steps/cutover/check-client-switch.ts';
import { disableTables } from './steps/cutover/disable-tables.ts';
import { fenceTables } from './steps/cutover/fence-tables.ts';
import { liftFence } from './steps/cutover/lift-fence.ts';
import { openTarget } from './steps/cutover/open-target.ts';
import { predictCutover } from './steps/cutover/predict-cutover.ts';
import { proveDrained } from './steps/cutover/prove-drained.ts';
import { setMark } from './steps/cutover/set-mark.ts';
import { startFenceGuard } from './steps/cutover/start-fence-guard.ts';
import { stopFenceGuard } from './steps/cutover/stop-fence-guard.ts';
import { switchClients } from './steps/cutover/switch-clients.ts';
import { unfenceTables } from './steps/cutover/unfence-tables.ts';
import { waitForClocks } from './steps/cutover/wait-for-clocks.ts';
import { checkExports } from './steps/export/check-exports.ts';
import { createImportTable } from './steps/export/create-import-table.ts';
import { exportTable } from './steps/export/export-table.ts';
import { importExport } from './steps/export/import-export.ts';
import { openExport } from './steps/export/open-export.ts';
import { planExport } from './steps/export/plan-export.ts';
import { planImport } from './steps/export/plan-import.ts';
import { readExports } from './steps/export/read-exports.ts';
import { recordImport } from './steps/export/record-import.ts';
import { sealExport } from './steps/export/seal-export.ts';
import { describePlan } from './steps/plan/describe-plan.ts';
import { planMigration } from './steps/plan/plan-migration.ts';
import { compareInsideFence } from './steps/proof/compare-inside-fence.ts';
import { compareTable } from './steps/proof/compare-table.ts';
import { closeProofWindow } from './steps/proof/close-proof-window.ts';
import { compareTouchedRows } from './steps/proof/compare-touched-rows.ts';
import { openProofWindow } from './steps/proof/open-proof-window.ts';
import { sealEvidence } from './steps/proof/seal-evidence.ts';
import { watchRun } from './steps/proof/watch-run.ts';
import { claimRun } from './steps/record/claim-run.ts';
import { listRuns } from './steps/record/list-runs.ts';
import { mintRetry } from './steps/record/mint-retry.ts';
import { readMarks } from './steps/record/read-marks.ts';
import { addPeer } from './steps/replication/add-peer.ts';
import { createMarkerTable } from './steps/replication/create-marker-table.ts';
import { disablePeer } from './steps/replication/disable-peer.ts';
import { enablePeer } from './steps/replication/enable-peer.ts';
import { setPeerTables } from './steps/replication/set-peer-tables.ts';
import { setReplicationScope } from './steps/replication/set-replication-scope.ts';
import { waitForCatchUp } from './steps/replication/wait-for-catch-up.ts';
import { waitForPeerQueues } from './steps/replication/wait-for-peer-queues.ts';
import { restoreTable } from './steps/restore/restore-table.ts';
import { takeSnapshot } from './steps/snapshot/take-snapshot.ts';
import { temporalHost } from './temporal-context.ts';

/** Every step there is. A new one is its file, its line here, and its types in the contract. */
export const ACTIVITIES = {
  planMigration,
  describePlan,
  checkClusters,
  claimRun,
  listRuns,
  readMarks,
  settleNotes,
  auditLeaks,
  closeRun,
  createMarkerTable,
  addPeer,
  waitForPeerQueues,
  setReplicationScope,
  setPeerTables,
  enablePeer,
  disablePeer,
  waitForCatchUp,
  mintRetry,
  takeSnapshot,
  exportSnapshot,
  transferStaging,
  importSnapshot,
  restoreTable,
  compareTable,
  openProofWindow,
  compareTouchedRows,
  closeProofWindow,
  sealEvidence,
  watchRun,
  predictCutover,
  checkClientSwitch,
  startFenceGuard,
  stopFenceGuard,
  fenceTables,
  disableTables,
  unfenceTables,
  proveDrained,
  waitForClocks,
  compareInsideFence,
  setMark,
  openTarget,
  switchClients,
  liftFence,
  planBackup,
  openRun,
  holdRoot,
  readSourceClocks,
  exportToRoot,
  digestExport,
  sealBackup,
  readCatalogue,
  showBackup,
  verifyBackup,
  keepBackup,
  planRestore,
  planDrill,
  checkBackup,
  importFromRoot,
  publishRestore,
  recordRestore,
  publishScratch,
  compareScratch,
  recordProof,
  planExpiry,
  previewExpiry,
  decideExpiry,
  reviewTrash,
  moveToTrash,
  emptyTrash,
  planArchive,
  planStopArchive,
  openHolders,
  rollHeldWals,
  archiveHeldWals,
  rotateHolder,
  recordTick,
  expireWals,
  closeArchive,
  replayWals,
  readyScratch,
  readInstants,
  readAudit,
  judgeBackups,
  sendAlert,
  planExport,
  openExport,
  exportTable,
  sealExport,
  planImport,
  checkExports,
  createImportTable,
  importExport,
  recordImport,
  readExports,
} satisfies { [N in StepName]: Activity<N> };

/**
 * Every step as a plain function of its input, by its name in the contract; the prefix is added at registration.
 *
 * @param host Temporal by default; tests give their own clock and cancellation.
 */
export function createActivities(deps: StepDeps, host: StepHost = temporalHost): Steps {
  const bound = Object.entries(ACTIVITIES).map(([name, activity]) => [
    name,
    bindActivity(activity as Activity, { deps, host }),
  ]);
  // `ACTIVITIES` has each step under its own name; a mapped entry cannot carry that in its type.
  return Object.fromEntries(bound) as Steps;
}
