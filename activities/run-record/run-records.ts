import pLimit from 'p-limit';
import type { RunId } from '../../workflows/contract/names.ts';
import type { HBaseCluster } from '../hbase/cluster.ts';
import { type ClaimStore, listClaims, READERS, type TableClaim } from './claims.ts';
import { openRecord } from './open-record.ts';
import { isOperation, parsePlan } from './record-files.ts';
import { createRecordPaths } from './record-paths.ts';
import type { RunRecords, RunSummary } from './run-record.ts';

export interface RunRecordsOptions {
  cluster: HBaseCluster;
  /** `stateDir` of the clusters file. Default: `.temporal-hbase` in the gateway user's HDFS home. */
  stateDir?: string;
  nowMs?: () => number;
}

/** The run records of one cluster, on its HDFS. */
export async function createRunRecords({ cluster, stateDir, nowMs }: RunRecordsOptions): Promise<RunRecords> {
  const folder = stateDir ?? `${(await cluster.readFacts()).homeDir}/.temporal-hbase`;
  const store: ClaimStore = {
    cluster: cluster.name,
    files: cluster.files,
    paths: createRecordPaths(folder),
    nowIso: () => new Date((nowMs ?? Date.now)()).toISOString(),
  };
  return { open: (runId) => openRecord(store, runId), list: () => listRuns(store) };
}

async function listRuns(store: ClaimStore): Promise<RunSummary[]> {
  const claims = await listClaims(store);
  const folders = (await store.files.list(store.paths.runs)).filter(({ directory }) => directory);
  const holders = claims.flatMap((claim) => ('holder' in claim ? [claim.holder.runId] : []));
  const runIds = [...new Set([...folders.map(({ name }) => name), ...holders])].toSorted();
  const limit = pLimit(READERS);
  return Promise.all(runIds.map((runId) => limit(() => summarize(store, runId, claims))));
}

async function summarize(store: ClaimStore, runId: RunId, claims: TableClaim[]): Promise<RunSummary> {
  const record = openRecord(store, runId);
  const planText = await store.files.read(store.paths.plan(runId));
  const plan = planText === undefined ? undefined : parsePlan(planText);
  const held = claims.flatMap((claim) => ('holder' in claim && claim.holder.runId === runId ? [claim.holder] : []));
  const found = plan && 'value' in plan ? plan.value : undefined;
  return {
    runId,
    workflowId: found?.workflowId ?? held[0]?.workflowId ?? '',
    cluster: store.cluster,
    ...(found ? (isOperation(found) ? { operation: found } : { plan: found }) : {}),
    notes: await record.readNotes(),
    claims: held.map(({ table }) => table),
    marks: await record.readMarks(),
    jobs: (await store.files.list(store.paths.jobs(runId))).map(({ name }) => name),
  };
}
