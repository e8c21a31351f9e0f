import type { ExportPlan, ExportRequest } from '../../../workflows/contract/backup/export.ts';
import { parseExportRequest } from '../../../workflows/contract/backup/requests/export-tables.ts';
import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import type { Problem } from '../../../workflows/contract/failures.ts';
import { toInvalidMessage } from '../../../workflows/contract/requests/problems.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import type { TableDescription } from '../../hbase/cluster.ts';
import { digestUse } from '../../inventory/digest.ts';
import { type Asked, toRequestFailure } from '../backup/check-names.ts';
import { judgeRoot, requireSound } from '../backup/judge-backup.ts';
import { planAsked } from '../backup/plan-asked.ts';
import { readRoot } from '../backup/read-root.ts';
import { toOperationCluster } from '../backup/usable-root.ts';
import { parseVersion } from '../plan/preflight/versions.ts';
import { resolveTables } from '../plan/resolve-tables.ts';
import { inParallel } from '../proof/in-parallel.ts';

/** Answers with all reasons at once, or with the plan. Writes nothing but a probe file in the root, which it removes. */
export const planExport = defineActivity<'planExport'>({
  name: 'planExport',
  kind: 'change',
  summary: 'check cluster and root, mint every name',
  run: (input, world) => planAsked({ input, world, phase: 'planning the export', parse: parseExportRequest, plan }),
});

async function plan(
  { workflowId }: PlanOperationInput,
  { request, root }: Asked<ExportRequest>,
  { deps }: StepWorld,
): Promise<ExportPlan> {
  const cluster = await deps.cluster(request.cluster);
  const [facts, existing] = await Promise.all([cluster.readFacts(), cluster.listTables()]);
  const { tables: names, problems } = resolveTables(request.tables, { existing, cluster: request.cluster });
  const found = await inParallel({ items: names, limit: 8 }, (table) => cluster.readTable(table));
  const tables = found.filter((table) => table !== undefined);
  const all = [...problems, ...findProblems(request, { tables, version: facts.version })];
  if (all.length > 0) throw toRequestFailure(all, toInvalidMessage(all, 'export request'));
  const place = toOperationCluster(facts, request.cluster, deps);
  requireSound(judgeRoot({ request, root, place, state: await readRoot(cluster, root) }), request);
  const runId = deps.mintId();
  const createdAt = new Date(deps.nowMs()).toISOString();
  const unsealed: Omit<ExportPlan, 'digest'> = {
    formatVersion: 1,
    operation: 'export',
    runId,
    workflowId,
    exportId: `${createdAt.replace(/\.\d+|[-:]/g, '')}-${runId}`,
    createdAt,
    request,
    cluster: place,
    root,
    tables: [],
    exported: tables.map(({ table, sizeBytes }) => ({ table, sizeBytes })),
    inventoryDigest: digestUse(deps.inventory, { clusters: [place.name], storageRoots: [root.name] }),
  };
  return { ...unsealed, digest: digestOf(unsealed) };
}

/** What a scan by HBase's Export cannot do. */
function findProblems(
  { families: wanted, cluster }: ExportRequest,
  { tables, version }: { tables: TableDescription[]; version: string },
): Problem[] {
  const isOld = parseVersion(version).major < 2;
  return [
    // 1.x takes the whole setting for one name [code: `Export` of 1.7.1].
    ...(isOld && wanted.length > 1
      ? [{ field: 'families', message: `HBase ${version} exports one family or all of them; use a chain for each` }]
      : []),
    ...tables.flatMap(({ table, enabled, families }) => {
      const names = families.map(({ name }) => name);
      const missing = wanted.filter((name) => !names.includes(name));
      return [
        ...(enabled ? [] : [{ field: 'tables', message: `${table} is disabled on ${cluster}, so it cannot be read` }]),
        ...missing.map((name) => ({
          field: 'families',
          message: `${table} has no family "${name}"; it has ${names.join(', ')}`,
        })),
      ];
    }),
  ];
}
