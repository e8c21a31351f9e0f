import pLimit from 'p-limit';
import type { ClusterName, TableName } from '../../../workflows/contract/names.ts';
import type { MigrationRequest } from '../../../workflows/contract/plan.ts';
import type { StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { probePaths } from './probe-paths.ts';
import { readPeerClusters } from './read-peer-clusters.ts';
import { toShippingEndpoints } from './preflight/endpoints.ts';
import type { PreflightFacts, SideFacts, TableFacts } from './preflight/facts.ts';

/** Tables are read a few at a time: each is several calls to one master. */
const READERS = 8;

export interface WaveInput {
  request: MigrationRequest;
  tables: TableName[];
  /** URI of the named storage root, when copying by staging. */
  stagingRoot?: string;
}

/** Reads everything the preflight judges, from both clusters at once. Writes nothing but probe files. */
export async function readPreflightFacts(input: WaveInput, world: StepWorld): Promise<PreflightFacts> {
  const { request, tables, stagingRoot } = input;
  const [source, target] = await Promise.all([readSide(request.source, world), readSide(request.target, world)]);
  const [tableFacts, failedProbes, staging, surroundings, closedPorts] = await Promise.all([
    readTables({ tables, source, target }, world),
    probePaths(
      { request, targetRoot: target.facts.rootDir, ...(stagingRoot === undefined ? {} : { stagingRoot }) },
      world,
    ),
    readStaging(request.source, stagingRoot, world),
    readSurroundings(input, world),
    findClosedPorts({ source, target }, world),
  ]);
  const peerClusters = await readPeerClusters({ source, target, tables: tableFacts }, world);
  const found = { tables: tableFacts, failedProbes, surroundings, closedPorts, peerClusters };
  return { request, source, target, ...found, ...(staging ? { staging } : {}) };
}

export async function readSide(name: ClusterName, { deps, ctx }: StepWorld): Promise<SideFacts> {
  const cluster = await deps.cluster(name);
  const runs = await deps.runs(name);
  const [facts, clocks, namespaces, tableNames, unlogged, peerLags, summaries] = await Promise.all([
    cluster.readFacts(),
    cluster.readClocks(),
    cluster.listNamespaces(),
    cluster.listTables(),
    cluster.readUnloggedMutations(),
    cluster.readPeerLags(),
    runs.list(),
  ]);
  ctx.progress({ phase: `read ${name}` });
  const claims = summaries.flatMap(({ runId, workflowId, claims: held }) =>
    held.map((table) => ({ table, runId, workflowId })),
  );
  return { name, facts, clocks, namespaces, tableNames, unlogged, peerLags, claims };
}

async function readSurroundings({ request, tables }: WaveInput, { deps }: StepWorld) {
  const [from, to] = await Promise.all([deps.cluster(request.source), deps.cluster(request.target)]);
  const [source, target] = await Promise.all([from.readSurroundings(tables), to.readSurroundings(tables)]);
  return { source, target };
}

/** As replication will connect: from the source's side to what the target says of itself. */
async function findClosedPorts({ source, target }: Record<'source' | 'target', SideFacts>, { deps }: StepWorld) {
  const clusterKey = deps.inventory.clusters.get(target.name)?.overrides.clusterKey ?? target.facts.clusterKey;
  const endpoints = toShippingEndpoints(clusterKey, target.facts);
  const probed = await (await deps.cluster(source.name)).probePorts(endpoints);
  return probed.filter(({ why }) => why !== undefined);
}

interface WaveSides {
  tables: TableName[];
  source: SideFacts;
  target: SideFacts;
}

async function readTables({ tables, source, target }: WaveSides, { deps, ctx }: StepWorld): Promise<TableFacts[]> {
  const [from, to] = await Promise.all([deps.cluster(source.name), deps.cluster(target.name)]);
  const limit = pLimit(READERS);
  const onTarget = new Set(target.tableNames);
  const found = await Promise.all(
    tables.map((table) =>
      limit(async () => {
        const facts = await readTable(table, { from, to, onTarget });
        ctx.progress({ phase: 'read tables', table });
        return facts;
      }),
    ),
  );
  return found.filter((facts) => facts !== undefined);
}

/** undefined when it was dropped since the tables were listed. */
async function readTable(
  table: TableName,
  { from, to, onTarget }: { from: HBaseCluster; to: HBaseCluster; onTarget: Set<TableName> },
): Promise<TableFacts | undefined> {
  const source = await from.readTable(table);
  if (!source) return undefined;
  const target = onTarget.has(table) ? await to.readTable(table) : undefined;
  if (!target) return { table, source };
  return { table, source, target: { ...target, hasRows: await hasRows(to, target) } };
}

/** A disabled table cannot be scanned, so its files answer: anything stored counts as rows. */
async function hasRows(cluster: HBaseCluster, target: { table: TableName; enabled: boolean; sizeBytes: number }) {
  return target.enabled ? cluster.hasRows(target.table) : true;
}

async function readStaging(name: ClusterName, uri: string | undefined, { deps }: StepWorld) {
  if (uri === undefined) return undefined;
  const { freeBytes } = await (await deps.cluster(name)).files.measure(uri);
  return { uri, freeBytes };
}
