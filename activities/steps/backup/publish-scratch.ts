import { defineStep } from '../../define-step.ts';
import type { HBaseCluster, TableChange, TableDescription } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';

const FOREVER_SECONDS = 2_147_483_647;
/** No compaction purges a delete or a cell, and no split leaves references that a snapshot could not be taken of. */
export const QUIET_ATTRIBUTES = {
  COMPACTION_ENABLED: 'false',
  SPLIT_POLICY: 'org.apache.hadoop.hbase.regionserver.DisabledRegionSplitPolicy',
} as const;

/**
 * A clone in the run's own namespace, changed right away in one go: no scope and writable (hazard 50), without TTL and
 * without compactions, so that what is read is what the files hold (hazard 46).
 */
export const publishScratch = defineStep<'publishScratch'>({
  name: 'publishScratch',
  kind: 'change',
  summary: 'make the scratch table',
  on: ({ run }) => run.source,
  plan: ({ run, table: { table, snapshot }, namespace }) => ({
    cluster: run.source,
    table,
    summary: `clone ${snapshot} as ${table}`,
    command: `clone_snapshot '${snapshot}', '${table}'; alter '${table}', …TTL => FOREVER, COMPACTION_ENABLED => false`,
    undo: `drop everything in ${namespace}`,
    doneWhen: 'the table is enabled, every region is open, nothing in it expires',
  }),
  observe: async ({ run, table: { table }, keepTtl }, { deps }) => {
    const cluster = await deps.cluster(run.source);
    const found = await cluster.readTable(table);
    if (!found?.enabled) return { done: false, why: `${table} is not there` };
    if (findChange(found, keepTtl) !== undefined) return { done: false, why: `${table} is not quiet yet` };
    return (await cluster.isEveryRegionOpen(table))
      ? { done: true, result: {} }
      : { done: false, why: `not every region of ${table} is open` };
  },
  apply: async ({ run, namespace, table: { table, snapshot }, keepTtl }, { deps }) => {
    const cluster = await deps.cluster(run.source);
    const note: NoteValues['scratch'] = { namespace };
    await (await deps.runs(run.source)).open(run.runId).note('scratch', namespace, note);
    await ensureScratchNamespace(cluster, namespace);
    if (!(await cluster.readTable(table))) await cluster.cloneSnapshot(snapshot, table);
    const found = await cluster.readTable(table);
    const change = found && findChange(found, keepTtl);
    if (change) await cluster.alterTable(table, change);
  },
});

/** Tables of one drill come at the same time: the first wins. */
async function ensureScratchNamespace(cluster: HBaseCluster, namespace: string): Promise<void> {
  if ((await cluster.listNamespaces()).includes(namespace)) return;
  try {
    await cluster.createNamespace(namespace);
  } catch (error) {
    if (!(await cluster.listNamespaces()).includes(namespace)) throw error;
  }
}

function findChange({ families, readOnly, attributes }: TableDescription, keepTtl = false): TableChange | undefined {
  const isQuiet = Object.entries(QUIET_ATTRIBUTES).every(([name, value]) => attributes[name] === value);
  const isPlain = families.every(({ scope, ttlSeconds }) => scope === 0 && (keepTtl || ttlSeconds === FOREVER_SECONDS));
  if (isQuiet && isPlain && !readOnly) return undefined;
  return {
    readOnly: false,
    scopes: Object.fromEntries(families.map(({ name }) => [name, 0])),
    ...(keepTtl ? {} : { ttlSeconds: Object.fromEntries(families.map(({ name }) => [name, FOREVER_SECONDS])) }),
    attributes: { ...QUIET_ATTRIBUTES },
  };
}
