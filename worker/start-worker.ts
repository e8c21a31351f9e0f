import { DefaultLogger, NativeConnection, Runtime, Worker, type LogEntry } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { DEFAULT_TASK_QUEUE } from '../workflows/contract/messages.ts';
import { HBasePlugin } from './plugin.ts';

export interface WorkerSettings {
  /** Path of the clusters file. */
  clusters: string;
  connection: NativeConnectionOptions;
  namespace: string;
  /** @default hbase */
  taskQueue?: string;
  /** `host:port` for Prometheus metrics; none when absent. */
  metricsAddress?: string;
  /** One JSON line per entry when `json`. */
  logFormat?: 'json' | 'text';
  logLevel?: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  /** File of workflows that `bundleWorkflowCode` has made beforehand; without it they are bundled at each start. */
  workflowBundle?: string;
  /** Activities at once. Waiting on a remote job holds one. @default 200 */
  maxActivities?: number;
}

export interface StartedWorker {
  /** Resolves when the worker has stopped. SIGINT and SIGTERM stop it; remote jobs go on, a later worker attaches. */
  readonly stopped: Promise<void>;
  stop(): void;
}

/** The ready-made worker: connects to Temporal and to every cluster, registers the plugin, polls until it is stopped. */
export async function startWorker(settings: WorkerSettings): Promise<StartedWorker> {
  const plugin = new HBasePlugin({ clusters: settings.clusters });
  installRuntime(settings);
  const connection = await NativeConnection.connect(settings.connection);
  const worker = await Worker.create({
    connection,
    namespace: settings.namespace,
    taskQueue: settings.taskQueue ?? DEFAULT_TASK_QUEUE,
    plugins: [plugin],
    ...(settings.workflowBundle === undefined ? {} : { workflowBundle: { codePath: settings.workflowBundle } }),
    maxConcurrentActivityTaskExecutions: settings.maxActivities ?? 200,
    // Long enough to report what runs, short enough for a rolling restart; jobs on the clusters are left running.
    shutdownGraceTime: '10s',
    shutdownForceTime: '20s',
  }).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  void plugin.connect(worker);
  return { stopped: runToEnd(worker, connection), stop: () => worker.shutdown() };
}

async function runToEnd(worker: Worker, connection: NativeConnection): Promise<void> {
  try {
    await worker.run();
  } finally {
    await connection.close();
  }
}

function installRuntime({ metricsAddress, logFormat, logLevel }: WorkerSettings): void {
  Runtime.install({
    logger: new DefaultLogger(logLevel ?? 'INFO', logFormat === 'json' ? writeJsonLine : writeTextLine),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } },
      ...(metricsAddress === undefined ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } }),
    },
  });
}

function toIsoTime(entry: LogEntry): string {
  return new Date(Number(entry.timestampNanos / 1_000_000n)).toISOString();
}

function writeJsonLine(entry: LogEntry): void {
  const line = { time: toIsoTime(entry), level: entry.level, message: entry.message, ...toPlain(entry.meta) };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function writeTextLine(entry: LogEntry): void {
  const { workflowId, activityType, error } = toPlain(entry.meta);
  const where = [workflowId, activityType].filter(Boolean).join(' ');
  const why = error === undefined ? '' : `: ${typeof error === 'string' ? error : JSON.stringify(error)}`;
  process.stderr.write(`${toIsoTime(entry)} ${entry.level} ${entry.message}${where && ` (${where})`}${why}\n`);
}

/** Errors do not survive JSON.stringify, and bigints break it. */
function toPlain(meta: LogEntry['meta']): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(meta ?? {})) {
    if (value instanceof Error) plain[key] = value.message;
    else if (typeof value === 'bigint') plain[key] = value.toString();
    else if (typeof value !== 'symbol' && typeof value !== 'function') plain[key] = value;
  }
  return plain;
}
