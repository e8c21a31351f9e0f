import type { CopyInput, CopyResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { ClusterConfig } from '../../inventory/inventory.ts';
import type { JobSpec } from '../../jobs/jobs.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { ensureStagingOwner } from '../../run-record/staging-owner.ts';
import { toCopierArgs, toDistCpMeaning } from './copier-args.ts';
import { COPY_LIMIT_MS } from './export-job.ts';
import { toStagingFolder } from './roots.ts';
import { runCopy } from './run-copy.ts';

/** The snapshot's staging folder, from where the source put it to the file system the target reaches. */
export const transferStaging = defineActivity<'transferStaging'>({
  name: 'transferStaging',
  kind: 'job',
  summary: "copy the staging folder to the target's side",
  plan: (input) => ({
    cluster: input.run.target,
    table: input.table,
    summary: `copy ${input.fromRoot} to ${input.toRoot}`,
    command: `hadoop distcp -update ${toStagingFolder(input.fromRoot, input.snapshot)} ${toStagingFolder(input.toRoot, input.snapshot)}`,
    undo: "remove the run's own staging folder",
    doneWhen: "the snapshot's manifest is there and every file it names",
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.target, phase: 'transfer', table: input.table }, (alive) =>
      run(input, alive),
    ),
});

async function run(input: CopyInput, world: StepWorld): Promise<CopyResult> {
  const { run: ref, snapshot } = input;
  const target = await world.deps.cluster(ref.target);
  const from = toStagingFolder(input.fromRoot, snapshot);
  const to = toStagingFolder(input.toRoot, snapshot);
  const note: NoteValues['staging'] = { uri: input.toRoot };
  await (await world.deps.runs(ref.target)).open(ref.runId).note('staging', snapshot, note);
  await ensureStagingOwner(target.files, { uri: input.toRoot, runId: ref.runId });
  const sameKind = schemeOf(from) === 'hdfs' && schemeOf(to) === 'hdfs';
  return runCopy({
    input,
    world,
    cluster: ref.target,
    job: toTransferJob(input, { from, to, config: world.deps.inventory.clusters.get(ref.target) }),
    checksum: sameKind ? 'file-checksum' : 'length-only',
    phase: 'transfer',
    isComplete: async () => (await target.readSnapshotFiles(snapshot, to))?.missing === 0,
    explain: toDistCpMeaning,
  });
}

function toTransferJob(
  input: CopyInput,
  { from, to, config }: { from: string; to: string; config: ClusterConfig | undefined },
): JobSpec {
  const copier = config?.copier ?? { kind: 'distcp', options: [] };
  return {
    key: `${input.run.runId}/transferStaging/${input.snapshot}/${input.generation}`,
    timeLimitMs: COPY_LIMIT_MS,
    kind: 'program',
    program: 'hadoop',
    args: toCopierArgs({ ...input, from, to, copier, queue: config?.mapReduce.queue }),
  };
}

function schemeOf(uri: string): string {
  return uri.split(':')[0] ?? '';
}
