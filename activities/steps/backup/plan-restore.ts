import type { OperationCluster, PlannedRestore, RestorePlan } from '../../../workflows/contract/backup/plans.ts';
import type { BackupState, Catalogue } from '../../../workflows/contract/backup/record.ts';
import type { RestoreRequest } from '../../../workflows/contract/backup/requests.ts';
import { parseRestoreRequest } from '../../../workflows/contract/backup/requests/restore-tables.ts';
import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import type { Finding } from '../../../workflows/contract/plan.ts';
import { toInvalidMessage } from '../../../workflows/contract/requests/problems.ts';
import { requireBackup } from '../../catalogue/choose-backup.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import type { ClusterFacts, HBaseCluster } from '../../hbase/cluster.ts';
import { digestUse } from '../../inventory/digest.ts';
import { type ChosenInstant, chooseInstant } from '../archive/choose-instant.ts';
import { scratchNamespace } from '../cleanup/own-names.ts';
import { mintScratchName, mintSnapshotName } from '../plan/mint-names.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { type Asked, toRequestFailure } from './check-names.ts';
import { judgeRestore, requireAcceptable, type RestoreFacts } from './judge-restore.ts';
import { nameRestored } from './name-restored.ts';
import { planAsked } from './plan-asked.ts';
import { openUsableRoot, toOperationCluster } from './usable-root.ts';

/** Answers with all reasons at once, or with the plan. Writes nothing but a probe file in the root, which it removes. */
export const planRestore = defineActivity<'planRestore'>({
  name: 'planRestore',
  kind: 'change',
  summary: 'choose the backup, check the cluster, mint every name',
  run: (input, world) => planAsked({ input, world, phase: 'planning the restore', parse: parseRestoreRequest, plan }),
});

async function plan(
  input: PlanOperationInput,
  { request, root }: Asked<RestoreRequest>,
  { deps }: StepWorld,
): Promise<RestorePlan> {
  const cluster = await deps.cluster(request.cluster);
  const catalogue = await openUsableRoot({ cluster, root, deps });
  const { chosen, instant } = await choose({ request, root, cluster, catalogue: await catalogue.readAll() }, deps);
  const { record, lastDrill } = chosen;
  const { tables, problems } = nameRestored(record, request);
  if (problems.length > 0) throw toRequestFailure(problems, toInvalidMessage(problems, 'restore request'));
  const facts = await readFacts({ request, record, lastDrill, tables, cluster }, deps);
  const findings = judgeRestore(facts);
  requireAcceptable(findings, { what: 'The restore', ...request });
  const place = toOperationCluster(facts.facts, request.cluster, deps);
  return mint(input, { request, root, record, instant, facts, findings, place }, deps);
}

/** For an instant: the base that archived WALs lead on from, or the intervals that there are. */
async function choose(
  { request, root, cluster, catalogue }: Asked<RestoreRequest> & { cluster: HBaseCluster; catalogue: Catalogue },
  deps: StepWorld['deps'],
): Promise<{ chosen: Pick<BackupState, 'record' | 'lastDrill'>; instant?: ChosenInstant['instant'] }> {
  const { toMs } = request;
  if (toMs === undefined) return { chosen: requireBackup(catalogue, request) };
  const { files } = cluster;
  const known = { request: { ...request, toMs }, files, rootUri: root.uri, catalogue, nowMs: deps.nowMs() };
  const { record, instant } = await chooseInstant(known);
  return { chosen: { record }, instant };
}

async function readFacts(
  {
    cluster,
    tables,
    ...known
  }: Pick<RestoreFacts, 'request' | 'record' | 'lastDrill'> & {
    cluster: HBaseCluster;
    tables: Pick<RestoreFacts['tables'][number], 'as' | 'backedUp'>[];
  },
  { inventory }: StepWorld['deps'],
): Promise<RestoreFacts> {
  const [facts, namespaces, existing] = await Promise.all([
    cluster.readFacts(),
    cluster.listNamespaces(),
    cluster.listTables(),
  ]);
  const clusters = [...inventory.clusters.values()];
  return {
    ...known,
    cluster: known.request.cluster,
    facts,
    namespaces,
    protectedClusters: clusters.filter((one) => one.protected).map(({ name }) => name),
    otherClusters: clusters.map(({ name }) => name).filter((name) => name !== known.request.cluster),
    tables: await inParallel({ items: tables, limit: 8 }, async (table) => ({
      ...table,
      found: existing.includes(table.as) ? await cluster.readTable(table.as) : undefined,
    })),
  };
}

interface Planned extends Asked<RestoreRequest> {
  record: BackupState['record'];
  instant: ChosenInstant['instant'] | undefined;
  facts: RestoreFacts;
  findings: Finding[];
  place: OperationCluster;
}

function mint({ workflowId }: PlanOperationInput, planned: Planned, deps: StepWorld['deps']): RestorePlan {
  const { request, root, record, instant, facts, findings, place } = planned;
  const runId = deps.mintId();
  const scratchUri = toScratch(facts.facts);
  const unsealed: Omit<RestorePlan, 'digest'> = {
    formatVersion: 1,
    operation: 'restore',
    runId,
    workflowId,
    createdAt: new Date(deps.nowMs()).toISOString(),
    request,
    cluster: place,
    root,
    backupId: record.id,
    tables: facts.tables.map((table) => toPlanned(runId, { ...table, isBase: instant !== undefined })),
    claims: facts.tables.map(({ as }) => as),
    ...(scratchUri === undefined ? {} : { scratchUri }),
    ...(instant === undefined ? {} : { instant: { ...instant, namespace: scratchNamespace(runId) } }),
    findings,
    inventoryDigest: digestUse(deps.inventory, { clusters: [place.name], storageRoots: [root.name] }),
  };
  return { ...unsealed, digest: digestOf(unsealed) };
}

function toPlanned(
  runId: string,
  { as, backedUp, found, isBase }: RestoreFacts['tables'][number] & { isBase: boolean },
): PlannedRestore {
  const scratch = `${scratchNamespace(runId)}:${mintScratchName(as)}`;
  return {
    table: as,
    from: backedUp.table,
    exported: backedUp.snapshot,
    snapshot: mintSnapshotName(runId, { table: as }),
    sizeBytes: backedUp.bytes,
    ...(backedUp.content === undefined ? {} : { content: backedUp.content }),
    before: found ? 'exists' : 'absent',
    failsafe: mintSnapshotName(runId, { table: as, round: 'failsafe_' }),
    ...(isBase ? { instant: { scratch, snapshot: mintSnapshotName(runId, { table: as, round: 'instant_' }) } } : {}),
  };
}

/** Links to a root's files can only be made on its own file system. */
function toScratch({ rootDir, defaultFs, homeDir }: ClusterFacts): string | undefined {
  if (!rootDir.startsWith(`${defaultFs}/`)) return undefined;
  const home = homeDir.startsWith('/') ? `${defaultFs}${homeDir}` : homeDir;
  return `${home}/.temporal-hbase-scratch`;
}
