import type { ImportFromRootInput } from '../../../workflows/contract/backup/step-data.ts';
import type { CopyResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { toExportArgs, toExportJob } from '../copy/export-job.ts';
import { runCopy } from '../copy/run-copy.ts';

/** From the backup root into the cluster's own, under a name of this run, so that nothing of another's is replaced. */
export const importFromRoot = defineActivity<'importFromRoot'>({
  name: 'importFromRoot',
  kind: 'job',
  summary: 'import the snapshot from the backup root',
  plan: (input) => ({
    cluster: input.run.source,
    table: input.table,
    summary: `import ${input.exported} from ${input.fromRoot} as ${input.snapshot}`,
    command: `hbase ExportSnapshot ${toExportArgs(input, input).join(' ')}`,
    undo: `delete_snapshot '${input.snapshot}'`,
    doneWhen: "the snapshot's manifest is there and every file it names",
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'import', table: input.table }, (alive) => run(input, alive)),
});

async function run(input: ImportFromRootInput, world: StepWorld): Promise<CopyResult> {
  const { run: ref, snapshot, table, toRoot } = input;
  const note: NoteValues['imported-snapshot'] = { snapshot, table };
  await (await world.deps.runs(ref.source)).open(ref.runId).note('imported-snapshot', snapshot, note);
  const { job, checksum } = await toExportJob(input, { step: 'importFromRoot', cluster: ref.source, ...input }, world);
  const cluster = await world.deps.cluster(ref.source);
  const isComplete = async () => (await cluster.readSnapshotFiles(snapshot, toRoot))?.missing === 0;
  return runCopy({ input, world, cluster: ref.source, job, checksum, phase: 'import', isComplete });
}
