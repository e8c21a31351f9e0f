import type { ExportedTableFile, ExportRecord, SealExportInput } from '../../../workflows/contract/backup/export.ts';
import type { ExportChainStore } from '../../catalogue/export-chain.ts';
import { sealExportRecord } from '../../catalogue/parse-export.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { findBreaks } from '../archive/judge-lineage.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { findDamage } from './check-files.ts';
import { openChain } from './open-chain.ts';
import { readLineages } from './seen-tables.ts';

/** COMMIT POINT of an export: every file is looked at once more under the lease, and last the record is written. */
export const sealExport = defineActivity<'sealExport'>({
  name: 'sealExport',
  kind: 'change',
  summary: 'check every file in the root, then write the record',
  plan: ({ plan, opened }) => ({
    cluster: plan.cluster.name,
    summary: `write the record of export ${plan.exportId} into ${plan.root.name}`,
    command: `create, if absent, .temporal-hbase/exports/${plan.request.chain}/records/${opened.number}.json`,
    undo: 'none: from here on it is part of the chain',
    doneWhen: 'the record is there',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'sealing' }, (alive) => seal(input, alive)),
});

async function seal(input: SealExportInput, world: StepWorld): Promise<{ digest: string }> {
  const { run, plan } = input;
  const { deps } = world;
  const place = { cluster: run.source, rootUri: plan.root.uri, chain: plan.request.chain };
  const [cluster, store] = await Promise.all([deps.cluster(run.source), openChain(deps, place)]);
  const standing = await findSealed(store, input);
  if (standing) return { digest: standing.digest };
  await store.leases.requireHeld(run.runId, 'exclusive');
  const tables = await inParallel({ items: input.tables, limit: 8 }, (ref) =>
    store.readTable({ id: plan.exportId }, ref),
  );
  await requireWhole(input, { cluster, store, tables });
  const record = toRecord(input, deps.nowMs());
  try {
    await store.writeRecord(record);
    return { digest: record.digest };
  } catch (error) {
    // The record of an attempt before this one may come late, just before ours.
    const late = await findSealed(store, input);
    if (late) return { digest: late.digest };
    throw error;
  }
}

/** An attempt whose answer was lost has written it: the same facts would make another record now. */
async function findSealed(store: ExportChainStore, { plan }: SealExportInput): Promise<ExportRecord | undefined> {
  return (await store.readAll()).exports.find(({ id }) => id === plan.exportId);
}

async function requireWhole(
  { plan, opened }: SealExportInput,
  { cluster, store, tables }: { cluster: HBaseCluster; store: ExportChainStore; tables: ExportedTableFile[] },
): Promise<void> {
  const { exportId: id } = plan;
  const { files } = cluster;
  const damaged = await inParallel({ items: tables, limit: 8 }, (table) =>
    findDamage({ files, paths: store.paths }, { id }, table),
  );
  const { fromMs, toMs } = opened;
  const before = tables.map(({ lineage }) => lineage);
  const breaks = findBreaks({ before, now: await readLineages({ cluster, plan }), fromMs, toMs });
  const changed = breaks.map(({ table, why }) => `${table} changed while it was exported: ${why}`);
  const wrong = [...damaged.flat(), ...changed];
  if (wrong.length === 0) return;
  throw new Failure('backup.failed', `The export of ${plan.cluster.name} is not whole: ${wrong.join('; ')}.`);
}

function toRecord({ plan, opened, tables }: SealExportInput, nowMs: number): ExportRecord {
  const { request, cluster, createdAt } = plan;
  const { number, kind, continues, fromMs, toMs, warnings } = opened;
  const sum = (value: (table: SealExportInput['tables'][number]) => number): number =>
    tables.reduce((total, table) => total + value(table), 0);
  return sealExportRecord({
    formatVersion: 1,
    chain: request.chain,
    number,
    id: plan.exportId,
    runId: plan.runId,
    workflowId: plan.workflowId,
    ...(request.by === undefined ? {} : { by: request.by }),
    kind,
    ...(continues === undefined ? {} : { continues }),
    cluster: { name: cluster.name, clusterId: cluster.clusterId, version: cluster.version },
    startedAt: createdAt,
    finishedAt: new Date(nowMs).toISOString(),
    fromMs,
    toMs,
    versions: request.versions,
    families: request.families,
    raw: request.raw,
    tables,
    rows: sum(({ rows }) => rows),
    bytes: sum(({ bytes }) => bytes),
    files: sum(({ files }) => files),
    warnings,
  });
}
