import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { parse, stringify } from 'yaml';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import type { SandboxDescription } from '../../../sandbox/index.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { newNamespace } from '../hbase/open-clusters.ts';
import type { Bench } from '../support.ts';

/** The shared sandbox, with backup roots that no other test looks into: an expiry and damage are about a whole root. */
export interface OwnRoots {
  sandbox: SandboxDescription;
  /** By their names in the clusters file: on HDFS of the cluster `new`, and on the disk that all gateways share. */
  uris: { own: string; local: string };
}

export async function makeOwnRoots(sandbox: SandboxDescription, namespace: string): Promise<OwnRoots> {
  const { clusters, stateDir, clustersFile, environment } = sandbox;
  const uris = {
    own: new URL(`/backups-${namespace}`, clusters.new.rootDir).href,
    local: `file://${path.join(stateDir, 'storage', namespace)}`,
  };
  const document = parse(await readFile(clustersFile, 'utf8')) as { storageRoots: Record<string, object> };
  for (const [name, uri] of Object.entries(uris)) document.storageRoots[name] = { uri };
  const file = path.join(stateDir, `clusters-${namespace}.yaml`);
  await writeFile(file, stringify(document), { mode: 0o600 });
  return {
    sandbox: { ...sandbox, clustersFile: file, environment: { ...environment, TEMPORAL_HBASE_CLUSTERS: file } },
    uris,
  };
}

export async function removeOwnRoots({ sandbox, uris }: OwnRoots, { files }: HBaseCluster): Promise<void> {
  for (const uri of Object.values(uris)) await files.remove(uri, { recursive: true });
  await rm(sandbox.clustersFile, { force: true });
}

export function execute<T>({ temporal, taskQueue }: Bench, type: string, request: object): Promise<T> {
  return temporal.workflow.execute(type, { taskQueue, workflowId: `${type}-${newNamespace()}`, args: [request] });
}

export async function readFailure(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowFailedError) return error.cause as ApplicationFailure;
  throw new Error(`The workflow did not fail: ${String(error)}`);
}

/** Waits for the run of a schedule that comes after `known` others, and answers its result. */
export async function waitForFiring<T>({ temporal }: Bench, { id, known }: { id: string; known: number }): Promise<T> {
  const handle = temporal.schedule.getHandle(id);
  const action = await waitUntil(async () => (await handle.describe()).info.recentActions[known]?.action, {
    what: `${id} to fire`,
    timeoutMs: 150_000,
  });
  return temporal.workflow.getHandle(action.workflow.workflowId).result() as Promise<T>;
}

/** Nothing runs of it; a paused schedule starts nothing either. */
export async function waitUntilIdle({ temporal }: Bench, id: string): Promise<void> {
  const handle = temporal.schedule.getHandle(id);
  const isIdle = async () => ((await handle.describe()).info.runningActions.length === 0 ? true : undefined);
  await waitUntil(isIdle, { what: `no run of ${id}`, timeoutMs: 120_000 });
}

/** Drops what a test has made on a cluster, tables and namespaces. */
export async function dropNamespaces(cluster: HBaseCluster, namespaces: string[]): Promise<void> {
  const ours = (name: string) => namespaces.includes(name.split(':')[0] ?? '');
  for (const table of (await cluster.listTables()).filter(ours)) {
    if ((await cluster.readTable(table))?.enabled) await cluster.disableTable(table);
    await cluster.deleteTable(table);
  }
  for (const name of (await cluster.listNamespaces()).filter(ours)) await cluster.deleteNamespace(name);
}
