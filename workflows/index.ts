/** The bundle's entry: every workflow type, by name. A worker with workflows of its own re-exports these. */
export { bootstrapTable } from './bootstrap-table.ts';
export { checkClusters } from './check-clusters.ts';
export { cleanRun } from './clean-run.ts';
export { findLeaks } from './find-leaks.ts';
export { liftFence } from './lift-fence.ts';
export { migrateTables } from './migrate-tables.ts';
export { planMigration } from './plan-migration.ts';
