import type {
  ExportRecord,
  ImportPlan,
  ImportRequest,
  PlannedTableImport,
} from '../../../workflows/contract/backup/export.ts';
import { parseImportRequest } from '../../../workflows/contract/backup/requests/import-tables.ts';
import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import { toInvalidMessage } from '../../../workflows/contract/requests/problems.ts';
import type { ExportChainStore } from '../../catalogue/export-chain.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { digestUse } from '../../inventory/digest.ts';
import { type Asked, toRequestFailure } from '../backup/check-names.ts';
import { requireAcceptable } from '../backup/judge-restore.ts';
import { nameRestored, type NamedTable } from '../backup/name-restored.ts';
import { planAsked } from '../backup/plan-asked.ts';
import { openUsableRoot, toOperationCluster } from '../backup/usable-root.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { followChain } from './chain-rules.ts';
import { type ImportJudgement, judgeTableImport } from './judge-import.ts';
import { openChain } from './open-chain.ts';
import { listChains } from './read-exports.ts';

/** Answers with all reasons at once, or with the plan. Writes nothing but a probe file in the root, which it removes. */
export const planImport = defineActivity<'planImport'>({
  name: 'planImport',
  kind: 'change',
  summary: 'choose the exports, check the cluster, mint every name',
  run: (input, world) => planAsked({ input, world, phase: 'planning the import', parse: parseImportRequest, plan }),
});

async function plan(
  input: PlanOperationInput,
  { request, root }: Asked<ImportRequest>,
  { deps }: StepWorld,
): Promise<ImportPlan> {
  const cluster = await deps.cluster(request.cluster);
  await openUsableRoot({ cluster, root, deps });
  const place = { cluster: request.cluster, rootUri: root.uri };
  const store = await openChain(deps, { ...place, chain: request.chain });
  const exports = await chooseExports({ request, root, store }, () => listChains(deps, place));
  const last = exports.at(-1) ?? exports[0];
  const named = nameRestored({ id: last.id, tables: last.tables, what: `chain ${request.chain}` }, request);
  if (named.problems.length > 0)
    throw toRequestFailure(named.problems, toInvalidMessage(named.problems, 'import request'));
  const known = await readFacts({ request, cluster, store, last, tables: named.tables }, deps);
  const findings = judgeTableImport(known);
  requireAcceptable(findings, { what: 'The import', ...request });
  const runId = deps.mintId();
  const imported = known.tables.map((table): PlannedTableImport => toPlanned(table, exports));
  const unsealed: Omit<ImportPlan, 'digest'> = {
    formatVersion: 1,
    operation: 'import',
    runId,
    workflowId: input.workflowId,
    createdAt: new Date(deps.nowMs()).toISOString(),
    request,
    cluster: toOperationCluster(known.facts, request.cluster, deps),
    root,
    tables: [],
    exports: exports.map(({ number, id, digest, fromMs, toMs }) => ({ number, id, digest, fromMs, toMs })),
    imported,
    claims: imported.map(({ table }) => table),
    findings,
    warnings: collectWarnings(exports),
    inventoryDigest: digestUse(deps.inventory, { clusters: [request.cluster], storageRoots: [root.name] }),
  };
  return { ...unsealed, digest: digestOf(unsealed) };
}

/** @throws Failure `export.unknown` naming what there is, or `backup.damaged`. */
async function chooseExports(
  { request: { chain, upTo }, root, store }: Asked<ImportRequest> & { store: ExportChainStore },
  listOthers: () => Promise<string[]>,
): Promise<[ExportRecord, ...ExportRecord[]]> {
  const found = await store.readAll();
  if (found.exports.length + found.damaged.length === 0) {
    const names = (await listOthers()).join(', ') || 'none';
    throw new Failure('export.unknown', `${root.name} has no chain "${chain}"; there is: ${names}.`);
  }
  if (upTo !== undefined && !found.exports.some(({ id }) => id === upTo)) {
    const ids = found.exports.map(({ id }) => id).join(', ') || 'none that can be read';
    throw new Failure('export.unknown', `Chain ${chain} has no export ${upTo}; there is: ${ids}.`);
  }
  const followed = followChain(found, upTo);
  if ('exports' in followed) return followed.exports;
  throw new Failure('backup.damaged', `Chain ${chain} in ${root.name} is damaged: ${followed.broken}.`);
}

async function readFacts(
  {
    request,
    cluster,
    store,
    last,
    tables,
  }: {
    request: ImportRequest;
    cluster: HBaseCluster;
    store: ExportChainStore;
    last: ExportRecord;
    tables: NamedTable<ExportRecord['tables'][number]>[];
  },
  { inventory }: StepWorld['deps'],
): Promise<ImportJudgement> {
  const [facts, namespaces, existing] = await Promise.all([
    cluster.readFacts(),
    cluster.listNamespaces(),
    cluster.listTables(),
  ]);
  const clusters = [...inventory.clusters.values()];
  return {
    request,
    cluster: request.cluster,
    facts,
    namespaces,
    families: last.families,
    protectedClusters: clusters.filter((one) => one.protected).map(({ name }) => name),
    otherClusters: clusters.map(({ name }) => name).filter((name) => name !== request.cluster),
    tables: await inParallel({ items: tables, limit: 8 }, async ({ as, backedUp }) => ({
      as,
      exported: await store.readTable(last, backedUp),
      found: existing.includes(as) ? await readExisting(cluster, as) : undefined,
    })),
  };
}

async function readExisting(cluster: HBaseCluster, table: string) {
  const found = await cluster.readTable(table);
  return found && { ...found, hasRows: found.enabled && (await cluster.hasRows(table)) };
}

function toPlanned(
  { as, exported: { table: from }, found }: ImportJudgement['tables'][number],
  exports: readonly ExportRecord[],
): PlannedTableImport {
  const parts = exports.flatMap(({ tables }) => tables.filter(({ table }) => table === from));
  const sum = (value: (part: (typeof parts)[number]) => number): number =>
    parts.reduce((total, part) => total + value(part), 0);
  const [rows, bytes] = [sum((part) => part.rows), sum((part) => part.bytes)];
  return { table: as, from, before: found ? 'exists' : 'absent', rows, bytes };
}

/** Each once: of many increments the last one says it best. */
function collectWarnings(exports: readonly ExportRecord[]): ImportPlan['warnings'] {
  const all = exports.flatMap(({ warnings }) => warnings);
  return [...new Map(all.map((warning) => [`${warning.code} ${warning.table ?? ''}`, warning])).values()];
}
