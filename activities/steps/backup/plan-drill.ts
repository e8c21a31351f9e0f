import type { DrillPlan, PlannedImport } from '../../../workflows/contract/backup/plans.ts';
import type { BackedUpTable, BackupState, Catalogue } from '../../../workflows/contract/backup/record.ts';
import type { DrillRequest } from '../../../workflows/contract/backup/requests.ts';
import { parseDrillRequest } from '../../../workflows/contract/backup/requests/test-restore.ts';
import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import { requireBackup } from '../../catalogue/choose-backup.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import { digestUse } from '../../inventory/digest.ts';
import { scratchNamespace } from '../cleanup/own-names.ts';
import { mintScratchName, mintSnapshotName } from '../plan/mint-names.ts';
import type { Asked } from './check-names.ts';
import { chooseForDrill } from './choose-for-drill.ts';
import { judgeImport, requireAcceptable } from './judge-restore.ts';
import { planAsked } from './plan-asked.ts';
import { openUsableRoot, toOperationCluster } from './usable-root.ts';

export const planDrill = defineActivity<'planDrill'>({
  name: 'planDrill',
  kind: 'change',
  summary: 'choose the backup, check the cluster, mint every name',
  run: (input, world) => planAsked({ input, world, phase: 'planning the drill', parse: parseDrillRequest, plan }),
});

async function plan(
  { workflowId }: PlanOperationInput,
  { request, root }: Asked<DrillRequest>,
  { deps }: StepWorld,
): Promise<DrillPlan> {
  const cluster = await deps.cluster(request.cluster);
  const catalogue = await openUsableRoot({ cluster, root, deps });
  const { record } = choose(await catalogue.readAll(), request);
  const facts = await cluster.readFacts();
  const clusters = [...deps.inventory.clusters.values()];
  const findings = judgeImport({
    cluster: request.cluster,
    facts,
    record,
    tables: record.tables,
    protectedClusters: clusters.filter((one) => one.protected).map(({ name }) => name),
    otherClusters: clusters.map(({ name }) => name).filter((name) => name !== request.cluster),
  });
  // What only warns is what a drill is there to find out.
  const acceptWarnings = findings.map(({ code }) => code);
  requireAcceptable(findings, { what: 'The drill', cluster: request.cluster, acceptWarnings });
  const runId = deps.mintId();
  const unsealed: Omit<DrillPlan, 'digest'> = {
    formatVersion: 1,
    operation: 'drill',
    runId,
    workflowId,
    createdAt: new Date(deps.nowMs()).toISOString(),
    request: { ...request, set: record.set },
    cluster: toOperationCluster(facts, request.cluster, deps),
    root,
    backupId: record.id,
    namespace: scratchNamespace(runId),
    tables: record.tables.map((table) => toPlanned(runId, table)),
    findings,
    inventoryDigest: digestUse(deps.inventory, { clusters: [request.cluster], storageRoots: [root.name] }),
  };
  return { ...unsealed, digest: digestOf(unsealed) };
}

function choose(catalogue: Catalogue, { backup, set }: DrillRequest): BackupState {
  const chosen = backup === undefined ? chooseForDrill(catalogue.backups, { set }) : undefined;
  if (chosen) return chosen;
  // None was found, or one was named: says why, with the choices.
  return requireBackup(catalogue, {
    // By name also a damaged one: every file is looked at before anything is written, and only a drill can clear it.
    ...(backup === undefined ? {} : { backup, evenDamaged: true }),
    ...(set === undefined ? {} : { set }),
  });
}

function toPlanned(runId: string, { table, snapshot, bytes, content }: BackedUpTable): PlannedImport {
  return {
    table: `${scratchNamespace(runId)}:${mintScratchName(table)}`,
    from: table,
    exported: snapshot,
    snapshot: mintSnapshotName(runId, { table }),
    sizeBytes: bytes,
    ...(content === undefined ? {} : { content }),
  };
}
