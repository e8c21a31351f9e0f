import type {
  ArchivePlan,
  ArchiveRequest,
  ArchiveRunPlan,
  StopArchivePlan,
  StopArchiveRequest,
} from '../../../workflows/contract/backup/archive.ts';
import type { OperationPlan, RootRef } from '../../../workflows/contract/backup/plans.ts';
import {
  parseArchiveRequest,
  parseStopArchiveRequest,
} from '../../../workflows/contract/backup/requests/archive-wals.ts';
import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import type { WalArchive } from '../../catalogue/wal-archive.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { digestUse } from '../../inventory/digest.ts';
import { type Asked, toRequestFailure } from '../backup/check-names.ts';
import { isInside } from '../backup/judge-backup.ts';
import { planAsked } from '../backup/plan-asked.ts';
import { openUsableRoot, toOperationCluster } from '../backup/usable-root.ts';
import { resolveTables } from '../plan/resolve-tables.ts';
import { toArchiveRunId } from './open-archive.ts';

/** Writes nothing but a probe file in the root, which it removes, and the archive's own first file. */
export const planArchive = defineActivity<'planArchive'>({
  name: 'planArchive',
  kind: 'change',
  summary: 'look at cluster, root and archive',
  run: (input, world) => planAsked({ input, world, phase: 'planning the archive', parse: parseArchiveRequest, plan }),
});

export const planStopArchive = defineActivity<'planStopArchive'>({
  name: 'planStopArchive',
  kind: 'change',
  summary: 'look at the archive that is to end',
  run: (input, world) =>
    planAsked({
      input,
      world,
      phase: 'planning the end of the archive',
      parse: parseStopArchiveRequest,
      plan: planStop,
    }),
});

async function plan(
  input: PlanOperationInput,
  { request, root }: Asked<ArchiveRequest>,
  world: StepWorld,
): Promise<ArchivePlan> {
  const cluster = await world.deps.cluster(request.cluster);
  const base = await planRun(input, { cluster, root, set: request.set }, world);
  const existing = await cluster.listTables();
  const { tables, problems } = resolveTables(request.tables, { existing, cluster: request.cluster });
  // A table of the set that was dropped is a break of its chain, and no reason to stop archiving the others.
  if (tables.length === 0) throw toRequestFailure(problems);
  const unsealed: Omit<ArchivePlan, 'digest'> = { ...base, request, watched: tables };
  return { ...unsealed, digest: digestOf(unsealed) };
}

async function planStop(
  input: PlanOperationInput,
  { request, root }: Asked<StopArchiveRequest>,
  world: StepWorld,
): Promise<StopArchivePlan> {
  const cluster = await world.deps.cluster(request.cluster);
  const base = await planRun(input, { cluster, root, set: request.set }, world);
  const unsealed: Omit<StopArchivePlan, 'digest'> = { ...base, request };
  return { ...unsealed, digest: digestOf(unsealed) };
}

async function planRun(
  { workflowId }: PlanOperationInput,
  { cluster, root, set }: { cluster: HBaseCluster; root: RootRef; set: string },
  { deps }: StepWorld,
): Promise<Omit<ArchiveRunPlan, 'digest'>> {
  await openUsableRoot({ cluster, root, deps });
  const facts = await cluster.readFacts();
  if (facts.settings['hbase.replication'] === 'false') {
    const message = `${cluster.name} has hbase.replication=false: no peer keeps WALs there. Set it to true and restart the servers.`;
    throw new Failure('preflight.failed', message, { cluster: cluster.name });
  }
  const place = toOperationCluster(facts, cluster.name, deps);
  if (isInside(root.uri, place.rootDir) || isInside(place.rootDir, root.uri)) {
    const message = `${root.uri} and hbase.rootdir ${place.rootDir} are one in the other.`;
    throw new Failure('root.unusable', message, { cluster: cluster.name });
  }
  return {
    formatVersion: 1,
    operation: 'archive',
    runId: deps.mintId(),
    workflowId,
    createdAt: new Date(deps.nowMs()).toISOString(),
    cluster: place,
    root,
    tables: [],
    set,
    archiveRunId: toArchiveRunId({ clusterId: place.clusterId, rootUri: root.uri, set }),
    inventoryDigest: digestUse(deps.inventory, { clusters: [place.name], storageRoots: [root.name] }),
  };
}

/** By the first tick, once it holds the archive. Later ones find it, and open the record of holders by its plan. */
export async function ensureArchive(plan: ArchiveRunPlan, archive: WalArchive): Promise<void> {
  const { formatVersion, operation, cluster, root, tables, set, archiveRunId, createdAt, inventoryDigest } = plan;
  const lasting: Omit<OperationPlan, 'digest'> = {
    formatVersion,
    operation,
    runId: archiveRunId,
    // As the schedule is called that starts the ticks.
    workflowId: `hbase-archive/${set}`,
    createdAt,
    cluster,
    root,
    tables,
    inventoryDigest,
  };
  const sealed = { ...lasting, digest: digestOf(lasting) };
  await archive.ensureArchive({ formatVersion, set, clusterId: cluster.clusterId, at: createdAt, plan: sealed });
}
