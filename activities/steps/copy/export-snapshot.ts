import type { CopyInput, CopyResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { ensureStagingOwner } from '../../run-record/staging-owner.ts';
import { toExportArgs, toExportJob } from './export-job.ts';
import { isDirectCopy, toStagingFolder } from './roots.ts';
import { runCopy } from './run-copy.ts';

/** From the source's root straight into the target's, or into the run's staging folder. */
export const exportSnapshot = defineActivity<'exportSnapshot'>({
  name: 'exportSnapshot',
  kind: 'job',
  summary: 'export the snapshot',
  plan: (input) => ({
    cluster: input.run.source,
    table: input.table,
    summary: `export ${input.snapshot} to ${input.toRoot}`,
    command: `hbase ExportSnapshot ${toExportArgs(input, input).join(' ')}`,
    undo: 'delete the snapshot there; its files go by themselves, staging folders by name',
    doneWhen: "the snapshot's manifest is there and every file it names",
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'export', table: input.table }, (alive) => run(input, alive)),
});

async function run(input: CopyInput, world: StepWorld): Promise<CopyResult> {
  const { run: ref, snapshot, fromRoot } = input;
  const direct = await isDirectCopy(input, world);
  const toRoot = direct ? input.toRoot : toStagingFolder(input.toRoot, snapshot);
  await (direct ? noteImported(input, world) : noteStaging(input, world));
  const place = { step: 'exportSnapshot', cluster: ref.source, fromRoot, toRoot } as const;
  const { job, checksum } = await toExportJob(input, place, world);
  const source = await world.deps.cluster(ref.source);
  const isComplete = async () => (await source.readSnapshotFiles(snapshot, toRoot))?.missing === 0;
  return runCopy({ input, world, cluster: ref.source, job, checksum, phase: 'export', isComplete });
}

/** The export writes into the target's root, so the note stands there. */
async function noteImported({ run: ref, snapshot, table }: CopyInput, { deps }: StepWorld): Promise<void> {
  const note: NoteValues['imported-snapshot'] = { snapshot, table };
  await (await deps.runs(ref.target)).open(ref.runId).note('imported-snapshot', snapshot, note);
}

async function noteStaging({ run: ref, snapshot, toRoot }: CopyInput, { deps }: StepWorld): Promise<void> {
  const note: NoteValues['staging'] = { uri: toRoot };
  await (await deps.runs(ref.source)).open(ref.runId).note('staging', snapshot, note);
  await ensureStagingOwner((await deps.cluster(ref.source)).files, { uri: toRoot, runId: ref.runId });
}
