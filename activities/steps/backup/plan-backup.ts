import type { BackupPlan, OperationCluster } from '../../../workflows/contract/backup/plans.ts';
import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import type { Finding } from '../../../workflows/contract/plan.ts';
import { parseBackupRequest } from '../../../workflows/contract/backup/requests/back-up-tables.ts';
import type { BackupRequest } from '../../../workflows/contract/backup/requests.ts';
import type { TableName } from '../../../workflows/contract/names.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import type { HBaseCluster, TableDescription } from '../../hbase/cluster.ts';
import { digestUse } from '../../inventory/digest.ts';
import { mintSnapshotName } from '../plan/mint-names.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { resolveTables } from '../plan/resolve-tables.ts';
import { type Asked, toRequestFailure } from './check-names.ts';
import { judgeBackup, requireSound } from './judge-backup.ts';
import { planAsked } from './plan-asked.ts';
import { readRoot } from './read-root.ts';

/** Answers with all reasons at once, or with the plan. Writes nothing but a probe file in the root, which it removes. */
export const planBackup = defineActivity<'planBackup'>({
  name: 'planBackup',
  kind: 'change',
  summary: 'check cluster and root, mint every name',
  run: (input, world) => planAsked({ input, world, phase: 'planning the backup', parse: parseBackupRequest, plan }),
});

async function plan(
  input: PlanOperationInput,
  { request, root }: Asked<BackupRequest>,
  { deps }: StepWorld,
): Promise<BackupPlan> {
  const cluster = await deps.cluster(request.cluster);
  const facts = await cluster.readFacts();
  const tables = await readTables(request, cluster);
  const place: OperationCluster = {
    name: request.cluster,
    clusterId: facts.clusterId,
    version: facts.version,
    rootDir: deps.inventory.clusters.get(request.cluster)?.overrides.rootDir ?? facts.rootDir,
  };
  const findings = judgeBackup({ request, root, facts, tables, place, state: await readRoot(cluster, root) });
  requireSound(findings, request);
  return mint(input, { request, root, place, tables, findings }, deps);
}

async function readTables(request: BackupRequest, cluster: HBaseCluster): Promise<TableDescription[]> {
  const existing = await cluster.listTables();
  const { tables, problems } = resolveTables(request.tables, { existing, cluster: request.cluster });
  if (problems.length > 0) throw toRequestFailure(problems);
  const found = await inParallel({ items: tables, limit: 8 }, (table: TableName) => cluster.readTable(table));
  return found.filter((description) => description !== undefined);
}

interface Planned extends Asked<BackupRequest> {
  place: OperationCluster;
  tables: TableDescription[];
  findings: Finding[];
}

/** The id sorts by time, and the run id keeps two of one second apart. */
function mint(
  { workflowId, nominalAt }: PlanOperationInput,
  { request, root, place, tables, findings }: Planned,
  deps: StepWorld['deps'],
): BackupPlan {
  const runId = deps.mintId();
  const createdAt = new Date(deps.nowMs()).toISOString();
  const unsealed: Omit<BackupPlan, 'digest'> = {
    formatVersion: 1,
    operation: 'backup',
    runId,
    workflowId,
    backupId: `${createdAt.replace(/\.\d+|[-:]/g, '')}-${runId}`,
    createdAt,
    ...(nominalAt === undefined ? {} : { nominalAt }),
    request: nominalAt === undefined ? request : { ...request, cause: 'schedule' },
    cluster: place,
    root,
    tables: tables.map(({ table, sizeBytes }) => ({ table, snapshot: mintSnapshotName(runId, { table }), sizeBytes })),
    findings,
    inventoryDigest: digestUse(deps.inventory, { clusters: [place.name], storageRoots: [root.name] }),
  };
  return { ...unsealed, digest: digestOf(unsealed) };
}
