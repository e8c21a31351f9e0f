import type { ExpiryPlan, RootRef } from '../../../workflows/contract/backup/plans.ts';
import { parseExpiryRequest } from '../../../workflows/contract/backup/requests/expire-backups.ts';
import type { ExpiryRequest } from '../../../workflows/contract/backup/requests.ts';
import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { digestUse } from '../../inventory/digest.ts';
import type { Asked } from './check-names.ts';
import { decideInSet } from './decide-expiry.ts';
import { isInside } from './judge-backup.ts';
import { planAsked } from './plan-asked.ts';
import { openUsableRoot, toOperationCluster } from './usable-root.ts';

const GRACE_MS = 600_000;

/** Writes nothing but a probe file in the root, which it removes. */
export const planExpiry = defineActivity<'planExpiry'>({
  name: 'planExpiry',
  kind: 'change',
  summary: 'check the root, and see what the retention decides',
  run: (input, world) => planAsked({ input, world, phase: 'planning the expiry', parse: parseExpiryRequest, plan }),
});

async function plan(
  { workflowId }: PlanOperationInput,
  { request, root }: Asked<ExpiryRequest>,
  { deps }: StepWorld,
): Promise<ExpiryPlan> {
  const cluster = await deps.cluster(request.cluster);
  const place = toOperationCluster(await requireOutside({ cluster, root }, deps), request.cluster, deps);
  const catalogue = await openUsableRoot({ cluster, root, deps });
  const nowMs = deps.nowMs();
  const { backups } = await catalogue.readAll();
  const unsealed: Omit<ExpiryPlan, 'digest'> = {
    formatVersion: 1,
    operation: 'expiry',
    runId: deps.mintId(),
    workflowId,
    createdAt: new Date(nowMs).toISOString(),
    request,
    cluster: place,
    root,
    tables: [],
    decisions: await decideInSet({ cluster, rootUri: root.uri }, { backups, request, nowMs }),
    graceMs: request.graceMs ?? deps.expiryGraceMs ?? GRACE_MS,
    inventoryDigest: digestUse(deps.inventory, { clusters: [place.name], storageRoots: [root.name] }),
  };
  return { ...unsealed, digest: digestOf(unsealed) };
}

/** @throws Failure `root.unusable`: what stands inside an HBase root is HBase's, whatever it looks like (hazard 39). */
export async function requireOutside(
  { cluster, root }: { cluster: HBaseCluster; root: RootRef },
  { inventory }: StepWorld['deps'],
) {
  const facts = await cluster.readFacts();
  const rootDir = inventory.clusters.get(cluster.name)?.overrides.rootDir ?? facts.rootDir;
  if (!isInside(root.uri, rootDir) && !isInside(rootDir, root.uri)) return facts;
  const message = `${root.uri} and hbase.rootdir ${rootDir} of ${cluster.name} are one in the other; nothing of it is deleted.`;
  throw new Failure('root.unusable', message, { cluster: cluster.name });
}
