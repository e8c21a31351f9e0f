/** The bundle's entry: every workflow type, by name. A worker with workflows of its own re-exports these. */
export { archiveWals, stopArchive } from './archive-wals.ts';
export { backUpTables } from './back-up-tables.ts';
export { bootstrapTable } from './bootstrap-table.ts';
export {
  auditBackups,
  keepBackup,
  listBackups,
  listExports,
  listInstants,
  showBackup,
  verifyBackup,
} from './catalogue.ts';
export { checkClusters } from './check-clusters.ts';
export { cleanRun } from './clean-run.ts';
export { expireBackups } from './expire-backups.ts';
export { exportTables } from './export-tables.ts';
export { findLeaks } from './find-leaks.ts';
export { importTables } from './import-tables.ts';
export { liftFence } from './lift-fence.ts';
export { migrateTables } from './migrate-tables.ts';
export { planMigration } from './plan-migration.ts';
export { restoreTables } from './restore-tables.ts';
export { testRestore } from './test-restore.ts';
export { testAlert, watchBackups } from './watch-backups.ts';
