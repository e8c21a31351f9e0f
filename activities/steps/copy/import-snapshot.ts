import type { CopyInput, CopyResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { toExportArgs, toExportJob } from './export-job.ts';
import { toStagingFolder } from './roots.ts';
import { runCopy } from './run-copy.ts';

/** From the staging folder into the target's root, by the target's own binaries. */
export const importSnapshot = defineActivity<'importSnapshot'>({
  name: 'importSnapshot',
  kind: 'job',
  summary: 'import the snapshot from staging',
  plan: (input) => ({
    cluster: input.run.target,
    table: input.table,
    summary: `import ${input.snapshot} into ${input.toRoot}`,
    command: `hbase ExportSnapshot ${toExportArgs(input, { ...input, fromRoot: toStagingFolder(input.fromRoot, input.snapshot) }).join(' ')}`,
    undo: `delete_snapshot '${input.snapshot}' on ${input.run.target}`,
    doneWhen: "the snapshot's manifest is there and every file it names",
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.target, phase: 'import', table: input.table }, (alive) => run(input, alive)),
});

async function run(input: CopyInput, world: StepWorld): Promise<CopyResult> {
  const { run: ref, snapshot, table, toRoot } = input;
  const note: NoteValues['imported-snapshot'] = { snapshot, table };
  await (await world.deps.runs(ref.target)).open(ref.runId).note('imported-snapshot', snapshot, note);
  const fromRoot = toStagingFolder(input.fromRoot, snapshot);
  const place = { step: 'importSnapshot', cluster: ref.target, fromRoot, toRoot } as const;
  const { job, checksum } = await toExportJob(input, place, world);
  const target = await world.deps.cluster(ref.target);
  const isComplete = async () => (await target.readSnapshotFiles(snapshot, toRoot))?.missing === 0;
  return runCopy({ input, world, cluster: ref.target, job, checksum, phase: 'import', isComplete });
}
