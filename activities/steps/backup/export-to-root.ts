import type { ExportToRootInput } from '../../../workflows/contract/backup/step-data.ts';
import type { CopyResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { toExportArgs, toExportJob } from '../copy/export-job.ts';
import { runCopy } from '../copy/run-copy.ts';

/** Into the backup root, where files of earlier backups are skipped: a full backup at the price of an increment. */
export const exportToRoot = defineActivity<'exportToRoot'>({
  name: 'exportToRoot',
  kind: 'job',
  summary: 'export the snapshot to the backup root',
  plan: (input) => ({
    cluster: input.run.source,
    table: input.table,
    summary: `export ${input.snapshot} to ${input.toRoot}`,
    command: `hbase ExportSnapshot ${toExportArgs(input, input).join(' ')}`,
    undo: 'delete the manifest there; files that nothing else needs go with the next expiry',
    doneWhen: "the snapshot's manifest is there and every file it names",
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'export', table: input.table }, (alive) => run(input, alive)),
});

async function run(input: ExportToRootInput, world: StepWorld): Promise<CopyResult> {
  const { run: ref, snapshot, table, toRoot, backupId } = input;
  const note: NoteValues['root-export'] = { rootUri: toRoot, snapshot, table, backupId };
  await (await world.deps.runs(ref.source)).open(ref.runId).note('root-export', snapshot, note);
  const { job, checksum } = await toExportJob(input, { step: 'exportToRoot', cluster: ref.source, ...input }, world);
  const cluster = await world.deps.cluster(ref.source);
  const isComplete = async () => (await cluster.readSnapshotFiles(snapshot, toRoot))?.missing === 0;
  return runCopy({ input, world, cluster: ref.source, job, checksum, phase: 'export', isComplete });
}
