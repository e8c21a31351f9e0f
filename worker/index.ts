/** Public entry `.`: the plugin for anyone's Temporal worker. */
export { HBasePlugin, type HBasePluginOptions } from './plugin.ts';
export { startWorker, type StartedWorker, type WorkerSettings } from './start-worker.ts';
export { loadInventory } from '../activities/inventory/load-inventory.ts';
export type { ClusterConfig, Inventory } from '../activities/inventory/inventory.ts';
