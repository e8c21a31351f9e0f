import pLimit from 'p-limit';
import type { ClusterName, TableName } from '../../../workflows/contract/names.ts';
import type { MigrationRequest } from '../../../workflows/contract/plan.ts';
import type { StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { probePaths } from './probe-paths.ts';
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
  const [tableFacts, failedProbes, staging] = await Promise.all([
    readTables({ tables, source, target }, world),
    probePaths(
      { request, targetRoot: target.facts.rootDir, ...(stagingRoot === undefined ? {} : { stagingRoot }) },
      world,
    ),
    readStaging(request.source, stagingRoot, world),
  ]);
  return { request, source, target, tables: tableFacts, failedProbes, ...(staging ? { staging } : {}) };
}

export async function readSide(name: ClusterName, { deps, ctx }: StepWorld): Promise<SideFacts> {
  const cluster = await deps.cluster(name);
  const runs = await deps.runs(name);
  const [facts, clocks, namespaces, tableNames, summaries] = await Promise.all([
    cluster.readFacts(),
    cluster.readClocks(),
    cluster.listNamespaces(),
    cluster.listTables(),
    runs.list(),
  ]);
  ctx.progress({ phase: `read ${name}` });
  const claims = summaries.flatMap(({ runId, workflowId, claims: held }) =>
    held.map((table) => ({ table, runId, workflowId })),
  );
  return { name, facts, clocks, namespaces, tableNames, claims };
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
