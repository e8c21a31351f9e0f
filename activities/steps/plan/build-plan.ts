import type {
  MigrationPlan,
  MigrationRequest,
  PlannedCluster,
  PlannedTable,
} from '../../../workflows/contract/plan.ts';
import type { Finding } from '../../../workflows/contract/plan.ts';
import type { RunId } from '../../../workflows/contract/names.ts';
import { digestUse } from '../../inventory/digest.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { digestOf } from '../../digest.ts';
import { OWN_PREFIX } from '../../../workflows/contract/names.ts';
import { mintMarkerSplitKeys, mintRunNames, mintSnapshotName } from './mint-names.ts';
import { findMarkerTakers } from './preflight/check-marker.ts';
import type { PreflightFacts, SideFacts, TableFacts } from './preflight/facts.ts';

export interface PlanParts {
  runId: RunId;
  workflowId: string;
  request: MigrationRequest;
  facts: PreflightFacts;
  findings: Finding[];
  stagingRoot?: string;
  inventory: Inventory;
  nowMs: number;
}

/** The plan with every name a run will use, and a digest over all of it. */
export function buildPlan(parts: PlanParts): MigrationPlan {
  const { runId, facts, request, inventory } = parts;
  const source = toPlannedCluster(facts.source, inventory);
  const target = toPlannedCluster(facts.target, inventory);
  const plan: Omit<MigrationPlan, 'digest'> = {
    formatVersion: 1,
    runId,
    workflowId: parts.workflowId,
    request,
    createdAt: new Date(parts.nowMs).toISOString(),
    ...mintNames(runId, { facts, regionServers: Math.max(source.regionServers, target.regionServers) }),
    ...(parts.stagingRoot === undefined ? {} : { stagingUri: toStagingUri(parts.stagingRoot, runId) }),
    source,
    target,
    tables: facts.tables.map((table) => toPlannedTable(table, runId)),
    findings: parts.findings,
    inventoryDigest: digestUse(inventory, {
      clusters: [source.name, target.name],
      commands: [request.cutover.switchClients, request.cutover.fenceCommand],
      storageRoots: [request.copy.staging],
    }),
  };
  return { ...plan, digest: digestOf(plan) };
}

/** No marker table where another peer would take it: a peer whose cluster lacks it stands still for good. */
function mintNames(runId: RunId, { facts, regionServers }: { facts: PreflightFacts; regionServers: number }) {
  const { peerId, markerTable } = mintRunNames(runId);
  const isTaken = findMarkerTakers(facts).length > 0;
  return isTaken
    ? { peerId, markerSplitKeys: [] }
    : { peerId, markerTable, markerSplitKeys: mintMarkerSplitKeys(regionServers) };
}

function toPlannedCluster({ name, facts }: SideFacts, { clusters }: Inventory): PlannedCluster {
  const overrides = clusters.get(name)?.overrides ?? {};
  return {
    name,
    clusterId: facts.clusterId,
    version: facts.version,
    clusterKey: overrides.clusterKey ?? facts.clusterKey,
    rootDir: overrides.rootDir ?? facts.rootDir,
    regionServers: facts.liveServers.length,
  };
}

function toPlannedTable({ table, source, target }: TableFacts, runId: RunId): PlannedTable {
  return {
    table,
    families: source.families.map(({ name, scope, maxVersions, ttlSeconds }) => ({
      name,
      scopeBefore: scope,
      maxVersions,
      ttlSeconds,
    })),
    regions: source.regions,
    readOnlyBefore: source.readOnly,
    sizeBytes: source.sizeBytes,
    snapshot: mintSnapshotName(runId, { table }),
    targetBefore: target ? 'empty' : 'absent',
    schemaDigest: source.schemaDigest,
  };
}

function toStagingUri(root: string, runId: RunId): string {
  return `${root.replace(/\/+$/, '')}/${OWN_PREFIX}${runId}`;
}
