import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Failure } from '../activities/failure.ts';
import { DEFAULT_TASK_QUEUE } from '../workflows/contract/messages.ts';

/** Where Temporal is. Flags win over `TEMPORAL_*` variables, those over the profile in the user's `temporal.toml`. */
export interface ConnectionFlags {
  address?: string;
  namespace?: string;
  profile?: string;
  taskQueue?: string;
}

export interface TemporalTarget {
  connectionOptions: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
  address: string;
  namespace: string;
  taskQueue: string;
  /** Base of the Web UI (TEMPORAL_UI_URL), no trailing slash. */
  uiUrl: string;
}

export interface ConnectedClient extends AsyncDisposable {
  readonly client: Client;
  readonly target: TemporalTarget;
}

export function resolveTarget(flags: ConnectionFlags, env: NodeJS.ProcessEnv): TemporalTarget {
  const config = loadClientConnectConfig({
    overrideEnvVars: definedOnly(env),
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
  });
  const address = flags.address ?? config.connectionOptions.address ?? 'localhost:7233';
  return {
    connectionOptions: { ...config.connectionOptions, address },
    address,
    namespace: flags.namespace ?? config.namespace ?? 'default',
    taskQueue: flags.taskQueue ?? env['TEMPORAL_HBASE_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    uiUrl: (env['TEMPORAL_UI_URL'] ?? guessUiUrl(address)).replace(/\/$/, ''),
  };
}

/** Temporal Cloud has one Web UI; a development server has it beside itself. Elsewhere TEMPORAL_UI_URL says it. */
function guessUiUrl(address: string): string {
  const host = address.replace(/:\d+$/, '');
  return host.endsWith('.tmprl.cloud') ? 'https://cloud.temporal.io' : `http://${host}:8233`;
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** @throws Failure `temporal.unreachable` naming the address, after at most ten seconds. */
export async function connectClient(target: TemporalTarget): Promise<ConnectedClient> {
  const connection = await Connection.connect({ ...target.connectionOptions, connectTimeout: '10s' }).catch(
    (cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Failure(
        'temporal.unreachable',
        `no Temporal server answers at ${target.address}: ${why}`,
        {},
        { cause },
      );
    },
  );
  const client = new Client({ connection, namespace: target.namespace });
  return { client, target, [Symbol.asyncDispose]: () => connection.close() };
}

/** @throws Failure `temporal.no-worker`: without a poller a start would wait silently for ever. */
export async function requireWorker(connected: ConnectedClient): Promise<void> {
  const { target } = connected;
  if ((await countPollers(connected, target.taskQueue)) > 0) return;
  throw new Failure(
    'temporal.no-worker',
    `no worker polls the task queue "${target.taskQueue}" in namespace "${target.namespace}" at ${target.address}`,
  );
}

/** Workers that asked the queue for workflow tasks lately. */
export async function countPollers({ client, target }: ConnectedClient, taskQueue: string): Promise<number> {
  const { pollers } = await client.connection.workflowService.describeTaskQueue({
    namespace: target.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  return (pollers ?? []).length;
}

export function toScheduleLink({ uiUrl, namespace }: TemporalTarget, scheduleId: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/schedules/${encodeURIComponent(scheduleId)}`;
}

export function toUiLink({ uiUrl, namespace }: TemporalTarget, workflowId: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
