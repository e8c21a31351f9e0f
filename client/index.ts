/** Public entry `./client`: start, watch, approve and clean migrations from a program. No native code. */
export { HBaseClient, toMigrationId } from './hbase-client.ts';
export type { HBaseClientOptions, StartedMigration } from './hbase-client.ts';
export { toReportedFailure, type ReportedFailure } from './reported-failure.ts';
export type { MigrateTablesInput } from '../workflows/contract/requests/migrate-tables.ts';
export type { CleanReport, PlanReport } from '../workflows/contract/runs.ts';
export type { MigrationReport, MigrationStatus } from '../workflows/contract/status.ts';
export type { Approval, CancelMigration, CutOverWithout, Rejection } from '../workflows/contract/messages.ts';
