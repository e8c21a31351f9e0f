import { OWN_PREFIX, type TableName } from '../../../workflows/contract/names.ts';
import type { RunRef, Side } from '../../../workflows/contract/step-data.ts';
import { clusterOfSide, type StepWorld } from '../../define-step.ts';
import type { StepDeps } from '../../deps.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { toMarkerTakers } from '../replication/marker-takers.ts';
import { isOwnName, ownName, scratchNamespace } from './own-names.ts';
import { describeLeft } from './settle-peer.ts';
import { STALE_ATTRIBUTE } from './settle-target-table.ts';

export interface Place {
  side: Side;
  /** Names of what stays on purpose. */
  kept: readonly string[];
}

/** Things on one side that carry the run's name, whether they were noted or not. */
export async function findByPrefix(run: RunRef, { side, kept }: Place, { deps }: StepWorld): Promise<string[]> {
  const name = clusterOfSide(run, side);
  const [cluster, source, jobs, planned] = await Promise.all([
    deps.cluster(name),
    deps.cluster(run.source),
    deps.jobs(name),
    listPlannedTables(run, deps),
  ]);
  const found = await Promise.all([
    findPeers(cluster, run),
    findSnapshots(cluster, { run, kept }),
    findTables(cluster, { run, source }),
    findScratch(cluster, run),
    findAttributes(cluster, planned),
    jobs.list(run.runId).then((keys) => keys.map((key) => `job ${key}`)),
  ]);
  return found.flat().map((what) => `${name}: ${what}`);
}

/** From the plan, when the record still has it. */
async function listPlannedTables({ runId, source }: RunRef, deps: StepDeps): Promise<TableName[]> {
  const summaries = await (await deps.runs(source)).list();
  return summaries.find((summary) => summary.runId === runId)?.plan?.tables.map(({ table }) => table) ?? [];
}

/** The queue of the run's first peer is asked for by name: a removed peer can leave queues that no listing shows. */
async function findPeers(cluster: HBaseCluster, { runId }: RunRef): Promise<string[]> {
  const listed = (await cluster.listPeers()).map(({ id }) => id).filter((id) => isOwnName(id, runId));
  if (listed.length > 0) return listed.map((id) => `peer ${id}`);
  const left = await describeLeft(cluster, ownName(runId));
  return left === undefined ? [] : [left];
}

async function findSnapshots(
  cluster: HBaseCluster,
  { run, kept }: { run: RunRef; kept: readonly string[] },
): Promise<string[]> {
  const names = (await cluster.listSnapshots()).map(({ name }) => name);
  return names.filter((name) => isOwnName(name, run.runId) && !kept.includes(name)).map((name) => `snapshot ${name}`);
}

/** What the queue of somebody's peer may still need is named as a residue. */
async function findTables(
  cluster: HBaseCluster,
  { run: { runId }, source }: { run: RunRef; source: HBaseCluster },
): Promise<string[]> {
  const peers = await source.listPeers();
  const tables = (await cluster.listTables()).filter(
    (table) => isOwnName(table, runId) && toMarkerTakers(peers, table).length === 0,
  );
  return tables.map((table) => `table ${table}`);
}

async function findScratch(cluster: HBaseCluster, { runId }: RunRef): Promise<string[]> {
  const namespace = scratchNamespace(runId);
  return (await cluster.listNamespaces()).includes(namespace) ? [`namespace ${namespace}`] : [];
}

/** Attributes of ours on wave tables; the label of a stale copy is there on purpose. */
async function findAttributes(cluster: HBaseCluster, tables: readonly string[]): Promise<string[]> {
  const found = await inParallel({ items: tables, limit: 8 }, async (table) => {
    const attributes = Object.keys((await cluster.readTable(table))?.attributes ?? {});
    const ours = attributes.filter((name) => name.startsWith(OWN_PREFIX) && name !== STALE_ATTRIBUTE);
    return ours.map((name) => `attribute ${name} of ${table}`);
  });
  return found.flat();
}
