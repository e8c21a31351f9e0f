import type { CopyResult, RunRef, StepResult } from '../step-data.ts';
import type {
  ArchivedWals,
  ArchiveOverview,
  ArchivePlan,
  ExpiredWals,
  HolderInput,
  OpenedHolders,
  RecordedTick,
  ReadyScratchInput,
  RecordTickInput,
  ReplayedWals,
  ReplayInput,
  RolledHolders,
  StopArchivePlan,
  StopArchiveReport,
} from './archive.ts';
import type { JudgedSets, Outgoing, WatchInput } from './alerts.ts';
import type { AuditPage, AuditQuestion } from './audit.ts';
import type {
  CheckedExports,
  CreateImportTableInput,
  ExportedTableRef,
  ExportInput,
  ExportOverview,
  ExportPlan,
  ExportTableInput,
  ImportedTable,
  ImportExportInput,
  ImportInput,
  ImportPlan,
  OpenedExport,
  SealExportInput,
} from './export.ts';
import type { BackupPlan, DrillPlan, ExpiryPlan, OperationPlan, RestorePlan } from './plans.ts';
import type { BackupAudit, BackupDetails, BackupId, ContentDigest } from './record.ts';
import type { RetentionDecision } from './requests.ts';
import type {
  CataloguePlace,
  CatalogueSummary,
  CheckBackupInput,
  ComparedTable,
  CompareScratchInput,
  DecideExpiryInput,
  DigestExportInput,
  EmptiedTrash,
  ExpiryInput,
  ExpiryReport,
  ExportToRootInput,
  HoldRootInput,
  ImportFromRootInput,
  MovedToTrash,
  PlanOperationInput,
  PublishRestoreInput,
  PublishScratchInput,
  RecordProofInput,
  RecordRestoreInput,
  SealBackupInput,
  SealedBackup,
  SourceClocks,
} from './step-data.ts';

/**
 * Activities of backups, beside those that they share with migrations.
 *
 * WARNING: these names (with the prefix `hbase.`) are in recorded histories; never rename one.
 */
export interface BackupSteps {
  /** Parses, resolves patterns, looks at cluster and root, mints every name. All problems at once. */
  planBackup(input: PlanOperationInput): Promise<BackupPlan>;
  /** Opens the record of a run on one cluster, before its first other write. Claims the tables that the plan names. */
  openRun(input: { plan: OperationPlan }): Promise<StepResult>;
  /** Waits until no other holder is in the way, and says who is meanwhile. */
  holdRoot(input: HoldRootInput): Promise<StepResult>;
  readSourceClocks(input: { run: RunRef }): Promise<SourceClocks>;
  exportToRoot(input: ExportToRootInput): Promise<CopyResult>;
  /** Reads the exported files back, without the cluster's servers (hazards 43, 46). */
  digestExport(input: DigestExportInput): Promise<ContentDigest>;
  /** Checks every file in the root, writes the file lists, and last the record: then it is a backup (hazard 39). */
  sealBackup(input: SealBackupInput): Promise<SealedBackup>;

  // --- restores and drills
  /** Chooses the backup, names every table, looks at the cluster. All problems at once. */
  planRestore(input: PlanOperationInput): Promise<RestorePlan>;
  /** Chooses the backup that has been unproven longest when none is named. */
  planDrill(input: PlanOperationInput): Promise<DrillPlan>;
  /** Every file of these tables, before anything is written. What is damaged is recorded, and the newest sound one named. */
  checkBackup(input: CheckBackupInput): Promise<BackupAudit>;
  /** ExportSnapshot from the root into the cluster's own, under a name of this run. */
  importFromRoot(input: ImportFromRootInput): Promise<CopyResult>;
  /** Absent: clone. Exists: failsafe snapshot, restore in place. Returns when every region is open. */
  publishRestore(input: PublishRestoreInput): Promise<StepResult>;
  /** Appends the event and decides the run: from here a cleaning completes it. */
  recordRestore(input: RecordRestoreInput): Promise<StepResult>;
  /** Clone in the run's own namespace: no scope, writable, without TTL and compactions (hazards 46, 50). */
  publishScratch(input: PublishScratchInput): Promise<StepResult>;
  /** Schema, regions, files, rows, cells and digests of a scratch table with what was recorded. */
  compareScratch(input: CompareScratchInput): Promise<ComparedTable>;
  /** Appends the proof, equal or different. */
  recordProof(input: RecordProofInput): Promise<StepResult>;

  // --- expiry
  /** Looks at the root, and shows what the retention decides about every backup. */
  planExpiry(input: PlanOperationInput): Promise<ExpiryPlan>;
  /** What an expiry would do now. Writes nothing and holds nothing. */
  previewExpiry(input: PlanOperationInput): Promise<ExpiryReport>;
  /** Decides on the root as it is now, and appends each decision to expire as an event. */
  decideExpiry(input: DecideExpiryInput): Promise<{ decisions: RetentionDecision[] }>;
  /** Puts back what an expiry has moved to the trash and somebody needs (hazard 39). */
  reviewTrash(input: ExpiryInput): Promise<{ putBack: number }>;
  /** Moves what nobody needs: manifests first, then files (hazard 49). */
  moveToTrash(input: ExpiryInput): Promise<MovedToTrash>;
  /** The second look: puts back, marks what has gone as expired, and only then deletes. */
  emptyTrash(input: ExpiryInput): Promise<EmptiedTrash>;

  // --- archived WALs
  /** Looks at cluster and root, and resolves the patterns anew. */
  planArchive(input: PlanOperationInput): Promise<ArchivePlan>;
  planStopArchive(input: PlanOperationInput): Promise<StopArchivePlan>;
  /** Judges whether everything was held since the last tick, and adds the holder that goes on (hazard 51). */
  openHolders(input: HolderInput): Promise<OpenedHolders>;
  /** Until every live server writes a newer WAL of each group. */
  rollHeldWals(input: HolderInput & { holders: OpenedHolders }): Promise<RolledHolders>;
  /** Copies every closed WAL of the oldest holder, and writes what is in it beside it (hazard 44). */
  archiveHeldWals(input: HolderInput & { holders: RolledHolders }): Promise<ArchivedWals>;
  /** Removes the oldest holder once its whole set is archived, or held by the next one. */
  rotateHolder(input: RecordTickInput): Promise<StepResult>;
  /** Looks for what a replay cannot cross, and writes how far the chain goes (hazard 41). */
  recordTick(input: RecordTickInput): Promise<RecordedTick>;
  /** Lets WALs go that no instant of the window needs (hazard 48). */
  expireWals(input: HolderInput): Promise<ExpiredWals>;
  /** WALPlayer over a verified list of files into a scratch table (hazard 45). */
  replayWals(input: ReplayInput): Promise<ReplayedWals>;
  /** Gives the scratch table the scopes and switches of its base again. */
  readyScratch(input: ReadyScratchInput): Promise<StepResult>;
  /** Which instants can be restored, from the root alone. */
  readInstants(input: CataloguePlace & { set: string }): Promise<ArchiveOverview>;
  /** Removes every holder of the archive, and its record. */
  closeArchive(input: { run: RunRef; plan: StopArchivePlan }): Promise<StopArchiveReport>;

  // --- chains of exports
  /** Looks at cluster and root, resolves the patterns. All problems at once. */
  planExport(input: PlanOperationInput): Promise<ExportPlan>;
  /** Decides the time range under the chain's lease, or says why a new base is needed. */
  openExport(input: ExportInput): Promise<OpenedExport>;
  /** HBase's Export of one table into a folder of this run, and the list of what it wrote. */
  exportTable(input: ExportTableInput): Promise<ExportedTableRef>;
  /** Looks at every file, and writes the record: then it is part of the chain. */
  sealExport(input: SealExportInput): Promise<{ digest: string }>;
  /** Chooses the exports, names every table, looks at the cluster. All problems at once. */
  planImport(input: PlanOperationInput): Promise<ImportPlan>;
  /** Every file of these tables in these exports, before anything is written. */
  checkExports(input: ImportInput): Promise<CheckedExports>;
  /** With the splits and families that were recorded; one that exists is only noted. */
  createImportTable(input: CreateImportTableInput): Promise<StepResult>;
  /** HBase's Import of one table of one export; what it read is what Export had written. */
  importExport(input: ImportExportInput): Promise<Pick<ImportedTable, 'rows'>>;
  /** Records the import beside the chain and decides the run: from here a cleaning completes it. */
  recordImport(input: ImportInput & { at: string }): Promise<StepResult>;

  // --- a root's catalogue; `root` is a name of the clusters file, `cluster` whose gateway reads it
  readCatalogue(input: CataloguePlace & { set?: string }): Promise<CatalogueSummary>;
  /** Chains of exports, and what of them cannot be read. */
  readExports(input: CataloguePlace & { chain?: string }): Promise<ExportOverview>;
  showBackup(input: CataloguePlace & { backup: BackupId }): Promise<BackupDetails>;
  /** Looks at every file of it in the root, and writes what it found as an event. */
  verifyBackup(input: CataloguePlace & { backup: BackupId; by: string }): Promise<BackupAudit>;
  /** Who did what to which backup, from records and events. */
  readAudit(input: AuditQuestion): Promise<AuditPage>;
  // --- the watch
  /** How every set is, and what is to be told by what was told before. What cannot be read is a trouble too. */
  judgeBackups(input: WatchInput): Promise<JudgedSets>;
  /** To one target of the clusters file, at least once. */
  sendAlert(input: Outgoing): Promise<StepResult>;

  /** Keeps it from expiry for a reason, or lets it go again. */
  keepBackup(input: CataloguePlace & { backup: BackupId; by: string; reason?: string }): Promise<StepResult>;
}
