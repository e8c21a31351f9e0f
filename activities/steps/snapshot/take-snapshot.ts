import type { SnapshotName, TableName } from '../../../workflows/contract/names.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import { defineStep, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster, SnapshotFiles } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { requireNoted } from '../record/require-noted.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** One attempt of the step; Temporal then starts the next, without limit. */
const TRIES = 8;

interface Input {
  run: RunRef;
  table: TableName;
  snapshot: SnapshotName;
}

/** Every file the snapshot names is there, and none is a reference that ExportSnapshot fails on (hazards 24). */
export const takeSnapshot = defineStep<'takeSnapshot'>({
  name: 'takeSnapshot',
  kind: 'change',
  summary: 'take the snapshot',
  on: ({ run }) => run.source,
  plan: ({ run, table, snapshot }) => ({
    cluster: run.source,
    table,
    summary: `snapshot ${table} as ${snapshot}`,
    command: `snapshot '${table}', '${snapshot}', {TTL => -2}`,
    undo: `delete_snapshot '${snapshot}'`,
    doneWhen: 'the snapshot is listed, no file of it is missing and none is a split or merge reference',
  }),
  observe: async ({ run, snapshot }, { deps }) => {
    const files = await (await deps.cluster(run.source)).readSnapshotFiles(snapshot);
    if (files) await requireNoted((await deps.runs(run.source)).open(run.runId), 'snapshot', snapshot);
    const flaw = findFlaw(files);
    return files && flaw === undefined
      ? { done: true, result: { bytes: files.bytes, files: files.files } }
      : { done: false, why: `snapshot ${snapshot} ${flaw ?? 'is not there'}` };
  },
  apply: async (input, world) => {
    const { run, table, snapshot } = input;
    const cluster = await world.deps.cluster(run.source);
    await requireWritable(cluster, table);
    const note: NoteValues['snapshot'] = { snapshot, table };
    await (await world.deps.runs(run.source)).open(run.runId).note('snapshot', snapshot, note);
    await tryUntilSound(input, { cluster, world });
  },
});

export function findFlaw(files: SnapshotFiles | undefined): string | undefined {
  if (!files) return 'is not there';
  if (files.references > 0) return `has ${files.references} split or merge references`;
  if (files.mobFiles > 0) return `has ${files.mobFiles} MOB files, which an export is not proven for`;
  return files.missing > 0 ? `misses ${files.missing} files` : undefined;
}

/** On 2.6.1 a snapshot of an enabled READONLY table never ends and keeps the table's lock (hbase.md §3.1). */
async function requireWritable(cluster: HBaseCluster, table: TableName): Promise<void> {
  const description = await cluster.readTable(table);
  const place = { cluster: cluster.name, table };
  if (!description) throw new Failure('hbase.not-found', `${table} does not exist on ${cluster.name} any more.`, place);
  if (!description.readOnly || !description.enabled) return;
  throw new Failure(
    'preflight.failed',
    `${table} is READONLY on ${cluster.name}: a snapshot would hang for ever.`,
    place,
  );
}

/** Splits, other snapshots and regions in transition refuse a snapshot for a while. */
async function tryUntilSound(
  input: Input,
  { cluster, world }: { cluster: HBaseCluster; world: StepWorld },
): Promise<void> {
  const { snapshot, table } = input;
  const { ctx } = world;
  let pauseMs = FIRST_PAUSE_MS;
  for (let left = TRIES; left > 0; left -= 1) {
    const refusal = await takeOnce(input, cluster);
    const files = await cluster.readSnapshotFiles(snapshot);
    const flaw = findFlaw(files);
    if (flaw === undefined) return;
    // Ours by name and not yet exported: a later one sees the parents compacted away.
    if (files) await cluster.deleteSnapshot(snapshot);
    else if (refusal && left === 1) throw refusal;
    ctx.progress({ phase: `snapshot ${flaw}, trying again`, table });
    await ctx.sleep(pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

/** A call that failed may have worked all the same: whoever called looks. */
async function takeOnce({ snapshot, table }: Input, cluster: HBaseCluster): Promise<Failure | undefined> {
  if (await cluster.readSnapshotFiles(snapshot)) return undefined;
  try {
    await cluster.takeSnapshot(snapshot, table);
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.retryable) return error;
    throw error;
  }
}
