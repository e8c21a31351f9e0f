import type { ChainBreak } from '../../../workflows/contract/backup/archive.ts';
import type {
  ExportChain,
  ExportInput,
  ExportPlan,
  ExportRecord,
  OpenedExport,
} from '../../../workflows/contract/backup/export.ts';
import type { ExportChainStore } from '../../catalogue/export-chain.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { findBreaks } from '../archive/judge-lineage.ts';
import { openCatalogue } from '../backup/open-catalogue.ts';
import { toRequestFailure } from '../backup/check-names.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { decideRange, findReasonsForBase, followChain, type Range } from './chain-rules.ts';
import { describeWarnings } from './describe-warnings.ts';
import { openChain } from './open-chain.ts';
import { type KeptTable, keepTables } from './seen-tables.ts';

/** Nobody else extends the chain from here on, so what it ends with now is what this export goes on from. */
export const openExport = defineActivity<'openExport'>({
  name: 'openExport',
  kind: 'change',
  summary: 'decide the time range',
  plan: ({ plan }) => ({
    cluster: plan.cluster.name,
    summary: `decide the range of export ${plan.exportId} of chain ${plan.request.chain}`,
    command: 'read the chain in the root, the clocks of the servers, and what the tables are',
    undo: 'remove the folder of the export, unless a record names it',
    doneWhen: 'the range is known',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'deciding the range' }, (alive) => open(input, alive)),
});

async function open({ run, plan }: ExportInput, { deps }: StepWorld): Promise<OpenedExport> {
  const { request, root, exportId } = plan;
  const place = { cluster: run.source, rootUri: root.uri };
  const [store, cluster] = await Promise.all([
    openChain(deps, { ...place, chain: request.chain }),
    deps.cluster(run.source),
  ]);
  await store.leases.requireHeld(run.runId, 'exclusive');
  const record = (await deps.runs(run.source)).open(run.runId);
  const note: NoteValues['root-export'] = {
    rootUri: root.uri,
    snapshot: '',
    table: '',
    backupId: exportId,
    chain: request.chain,
  };
  await record.note('root-export', exportId, note);
  const catalogue = await openCatalogue(deps, place);
  await catalogue.ensureRoot({ clusterId: plan.cluster.clusterId, allowOther: request.allowOtherCluster });
  const tables = await keepTables({ record, cluster, plan });
  const chain = await store.readAll();
  const last = request.newBase ? undefined : await findLast({ chain, plan, store, tables });
  const range = await requireRange({ plan, cluster, last });
  const bulkLoaded = last === undefined ? [] : await listBulkLoaded(cluster, { plan, fromMs: range.fromMs });
  const { versions, families, raw } = request;
  return {
    number: await store.nextNumber(),
    ...range,
    warnings: describeWarnings({ ...range, versions, families, raw, tables, bulkLoaded }),
  };
}

/** The export to go on from; undefined for the first one of a chain. @throws Failure `export.new-base` with the reasons. */
async function findLast({
  chain,
  plan,
  store,
  tables,
}: {
  chain: ExportChain;
  plan: ExportPlan;
  store: ExportChainStore;
  tables: KeptTable[];
}): Promise<ExportRecord | undefined> {
  const { request, cluster } = plan;
  if (chain.exports.length + chain.damaged.length === 0) return undefined;
  const followed = followChain(chain);
  if ('broken' in followed) throw toNewBase(plan, [followed.broken]);
  const last = followed.exports.at(-1) ?? followed.exports[0];
  if (last.cluster.clusterId !== cluster.clusterId) {
    const message = `Chain ${request.chain} in ${plan.root.name} is of cluster id ${last.cluster.clusterId}, and ${cluster.name} is ${cluster.clusterId}: give the chain another name.`;
    throw new Failure('root.other-cluster', message, { cluster: cluster.name });
  }
  const breaks = await readBreaks({ last, store, tables });
  const names = tables.map(({ table }) => table);
  const reasons = findReasonsForBase({ last, request, tables: names, breaks });
  if (reasons.length > 0) throw toNewBase(plan, reasons);
  return last;
}

async function readBreaks({
  last,
  store,
  tables,
}: {
  last: ExportRecord;
  store: ExportChainStore;
  tables: KeptTable[];
}): Promise<ChainBreak[]> {
  const before = await inParallel({ items: last.tables, limit: 8 }, async (ref) => {
    try {
      return (await store.readTable(last, ref)).lineage;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'backup.damaged') throw error;
      return error.message;
    }
  });
  const now = tables.map(({ lineage }) => lineage);
  const at = { fromMs: last.toMs, toMs: last.toMs };
  const sound = before.filter((one) => typeof one !== 'string');
  const unread = last.tables.flatMap(({ table }, index): ChainBreak[] => {
    const why = before[index];
    return typeof why === 'string' ? [{ table, kind: 'altered', ...at, why }] : [];
  });
  return [...findBreaks({ before: sound, now, ...at }), ...unread].filter(({ kind }) => kind !== 'created');
}

function toNewBase({ request: { chain }, root, cluster }: ExportPlan, reasons: string[]): Failure {
  const message = `Chain ${chain} in ${root.name} cannot go on: ${reasons.join('; ')}.`;
  const problems = reasons.map((reason) => ({ field: 'chain', message: reason }));
  return new Failure('export.new-base', message, { cluster: cluster.name }, { problems });
}

async function requireRange({
  plan,
  cluster,
  last,
}: {
  plan: ExportPlan;
  cluster: HBaseCluster;
  last: ExportRecord | undefined;
}): Promise<Range> {
  const clocksMs = await readServerClocks(cluster);
  const decided = decideRange({ last, request: plan.request, clocksMs });
  if ('range' in decided) return decided.range;
  if ('problem' in decided) throw toRequestFailure([{ field: 'to', message: decided.problem }]);
  // The servers' clocks go on, and so does the step when it looks again.
  throw new Failure('step.not-converged', `${decided.early}; it is looked at again`, { cluster: cluster.name });
}

/** Of every live server; the gateway writes nothing. One that has just come is asked for once more. */
async function readServerClocks(cluster: HBaseCluster): Promise<number[]> {
  const clocks = new Map((await cluster.readClocks()).map(({ server, clockMs }) => [server, clockMs]));
  const { liveServers } = await cluster.readFacts();
  const found = liveServers.flatMap((server) => clocks.get(server) ?? []);
  if (found.length > 0 && found.length === liveServers.length) return found;
  const message = `The clocks of ${cluster.name} are not all known: ${found.length} of ${liveServers.length} servers.`;
  throw new Failure('step.not-converged', message, { cluster: cluster.name });
}

async function listBulkLoaded(cluster: HBaseCluster, { plan, fromMs }: { plan: ExportPlan; fromMs: number }) {
  const tables = plan.exported.map(({ table }) => table);
  return (await cluster.findBulkLoads(tables, fromMs)).map(({ table }) => table);
}
