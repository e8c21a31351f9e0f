import { fileURLToPath } from 'node:url';
import { SimplePlugin } from '@temporalio/plugin';
import { Runtime, type Worker } from '@temporalio/worker';
import type { BundleOptions, ReplayWorkerOptions, WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { StepDeps } from '../activities/deps.ts';
import type { Inventory } from '../activities/inventory/inventory.ts';
import { loadInventory } from '../activities/inventory/load-inventory.ts';
import { ACTIVITY_PREFIX } from '../workflows/contract/messages.ts';
import { createDeps, type ConnectedDeps } from './deps.ts';
import { greetClusters } from './greet-clusters.ts';

export interface HBasePluginOptions {
  /** The clusters file: its path, or loaded already. Read and checked at once, so that a mistake stops the start. */
  clusters: string | Inventory;
}

/** Our workflows, for a worker that has none of its own. `.ts` here, `.js` in the published package. */
const WORKFLOWS_PATH = fileURLToPath(import.meta.resolve('../workflows/index.ts').replace(/\.ts$/, fileExtension()));

/**
 * Adds migration and backup of HBase tables to a Temporal worker.
 *
 * ```ts
 * await Worker.create({ connection, taskQueue: 'hbase', plugins: [new HBasePlugin({ clusters: 'clusters.yaml' })] });
 * ```
 *
 * A worker without workflows of its own gets ours. One that has its own re-exports ours by name:
 * `export { migrateTables, bootstrapTable } from 'temporal-hbase/workflows'`. Give the plugin to the worker, never to
 * its connection as well. It opens connections to clusters on first use and closes them when the last worker that
 * shares it has stopped; it never installs a Runtime.
 *
 * @throws Failure `inventory.invalid` when the clusters file is missing or wrong, with file, line and rule.
 */
export class HBasePlugin extends SimplePlugin {
  readonly #deps: ConnectedDeps;
  readonly #activities: Record<string, unknown>;
  #runningWorkers = 0;

  constructor(options: HBasePluginOptions) {
    super({ name: 'temporal-hbase.HBasePlugin', runContext: (next) => this.#runShared(next) });
    const inventory = typeof options.clusters === 'string' ? loadInventory(options.clusters) : options.clusters;
    this.#deps = createDeps(inventory);
    this.#activities = toRegisteredActivities(this.#deps);
  }

  /** @throws TypeError when the worker has an activity of one of our names already: a silent override would be worse. */
  override configureWorker(options: WorkerOptions): WorkerOptions {
    const own = options.activities ?? {};
    if (isRegistered(own, this.#activities)) return super.configureWorker(options);
    refuseClash(Object.keys(own), Object.keys(this.#activities));
    return super.configureWorker({
      ...options,
      activities: { ...own, ...this.#activities },
      // A prebuilt bundle brings its own workflows; a path beside it would be an error.
      ...(options.workflowBundle === undefined ? { workflowsPath: options.workflowsPath ?? WORKFLOWS_PATH } : {}),
      shutdownGraceTime: options.shutdownGraceTime ?? '10s',
      // The SDK sends a heartbeat at 80 % of its time-out: one that comes a second late would end the attempt.
      maxHeartbeatThrottleInterval: options.maxHeartbeatThrottleInterval ?? '1500ms',
    });
  }

  override configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return super.configureReplayWorker({
      ...options,
      ...(options.workflowBundle === undefined ? { workflowsPath: options.workflowsPath ?? WORKFLOWS_PATH } : {}),
    });
  }

  override configureBundler(options: BundleOptions): BundleOptions {
    return super.configureBundler({ ...options, workflowsPath: options.workflowsPath ?? WORKFLOWS_PATH });
  }

  /** Connects to every cluster now, not when first used, and tells the log of the Runtime which of them do not answer. */
  connect(worker: Worker): Promise<void> {
    const isStopping = () => !['INITIALIZED', 'RUNNING'].includes(worker.getState());
    return greetClusters({ deps: this.#deps, logger: Runtime.instance().logger, isStopping });
  }

  async #runShared(next: () => Promise<void>): Promise<void> {
    this.#runningWorkers += 1;
    try {
      await next();
    } finally {
      this.#runningWorkers -= 1;
      if (this.#runningWorkers === 0) await this.#deps.close();
    }
  }
}

function fileExtension(): string {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js';
}

function toRegisteredActivities(deps: StepDeps): Record<string, unknown> {
  return Object.fromEntries(Object.entries(createActivities(deps)).map(([name, run]) => [ACTIVITY_PREFIX + name, run]));
}

/** The SDK calls plugins of a connection and of a worker without removing duplicates: the second call is a no-op. */
function isRegistered(own: object, ours: Record<string, unknown>): boolean {
  return Object.entries(ours).every(([name, run]) => Reflect.get(own, name) === run);
}

function refuseClash(own: string[], ours: string[]): void {
  const clash = own.filter((name) => ours.includes(name));
  if (clash.length === 0) return;
  throw new TypeError(
    `HBasePlugin: the worker has activities of its own named ${clash.join(', ')}. ` +
      `Names starting with "${ACTIVITY_PREFIX}" belong to the plugin: rename yours, or register the plugin once.`,
  );
}
