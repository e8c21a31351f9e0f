import type { ContentDigest } from '../../../workflows/contract/backup/record.ts';
import type { DigestExportInput } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { digestContent } from './content-digest.ts';
import { isSameContent, judgeUnlike } from './judge-unlike.ts';

/** Every HFile is read whole, with its checksums: what was copied can be read, and a drill has what to compare with. */
export const digestExport = defineActivity<'digestExport'>({
  name: 'digestExport',
  kind: 'job',
  summary: 'read the exported files back',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'reading back', table: input.table }, (alive) =>
      digest(input, alive),
    ),
});

async function digest({ recorded, ...reading }: DigestExportInput, world: StepWorld): Promise<ContentDigest> {
  if (recorded === undefined) return readContent(reading, world);
  const found = await tryRead(reading, world);
  if ('cells' in found && isSameContent(found, recorded.content)) return found;
  const { run, table } = reading;
  const inRoot = await tryRead({ run, table, snapshot: recorded.exported, root: recorded.root }, world);
  throw await judgeUnlike({ run, recorded, found, inRoot }, world);
}

/** What files of the wrong content are, or that they cannot be read at all. */
async function tryRead(input: DigestExportInput, world: StepWorld): Promise<ContentDigest | { unreadable: string }> {
  try {
    return await readContent(input, world);
  } catch (error) {
    if (error instanceof Failure && error.code === 'backup.damaged') return { unreadable: error.message };
    throw error;
  }
}

async function readContent(input: DigestExportInput, { deps, ctx }: StepWorld): Promise<ContentDigest> {
  const { run, table, snapshot, root } = input;
  const cluster = await deps.cluster(run.source);
  const place = { name: snapshot, rootUri: root.uri };
  const description = await cluster.describeSnapshot(place);
  if (!description) throw new Failure('backup.failed', `${root.uri}: the export of ${table} is gone.`, { table });
  // Beside the root: what reads a root would take a folder in it for a table's.
  const scratchUri = input.scratchUri ?? `${root.uri}.thb-scratch/${run.runId}/${snapshot}`;
  const record = (await deps.runs(run.source)).open(run.runId);
  await record.note<NoteValues['root-scratch']>('root-scratch', snapshot, { scratchUri });
  await cluster.openSnapshotReading({ ...place, scratchUri });
  let done = 0;
  const onRows = (rows: number): void => {
    done += rows;
    ctx.progress({ phase: 'reading back', table, done, unit: 'rows' });
  };
  const content = await digestContent({ ranges: description.regions, onRows }, (page) => {
    ctx.signal.throwIfAborted();
    return cluster.digestSnapshot({ ...page, scratchUri });
  });
  await cluster.closeSnapshotReading(scratchUri);
  await record.removeNote('root-scratch', snapshot);
  return content;
}
