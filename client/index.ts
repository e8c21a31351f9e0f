/** Public entry `./client`: start, watch, approve and clean migrations, and back up, from a program. No native code. */
export { BackupClient } from './backup-client.ts';
export type { Operations, OperationType, StartedOperation } from './backup-client.ts';
export { HBaseClient, toMigrationId } from './hbase-client.ts';
export type { HBaseClientOptions, StartedMigration } from './hbase-client.ts';
export { toReportedFailure, type ReportedFailure } from './reported-failure.ts';
export type { MigrateTablesInput } from '../workflows/contract/requests/migrate-tables.ts';
export type { CleanReport, PlanReport } from '../workflows/contract/runs.ts';
export type { MigrationReport, MigrationStatus } from '../workflows/contract/status.ts';
export type { Approval, CancelMigration, CutOverWithout, Rejection } from '../workflows/contract/messages.ts';
export type { OperationStatus } from '../workflows/contract/backup/status.ts';
export type { BackupAudit, BackupDetails, BackupSummary } from '../workflows/contract/backup/record.ts';
export type {
  BackupReport,
  CataloguePlace,
  CatalogueSummary,
  DrillReport,
  ExpiryReport,
  RestoreReport,
} from '../workflows/contract/backup/step-data.ts';
export type { ExportOverview, ExportReport, ImportReport } from '../workflows/contract/backup/export.ts';
