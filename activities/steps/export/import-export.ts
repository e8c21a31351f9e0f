import type { ExportedTableFile, ImportExportInput } from '../../../workflows/contract/backup/export.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import { endOf, type FinishedJob, reasonIn, runJob } from '../../run-job.ts';
import { findDamage } from './check-files.ts';
import { openChain } from './open-chain.ts';
import { requireExport } from './require-export.ts';
import { readRecords, toFullName, toTransferJob } from './transfer-job.ts';

/**
 * HBase's Import of one table of one export. Cells keep their timestamps, so one that was cut off is done again from its
 * beginning without harm.
 */
export const importExport = defineActivity<'importExport'>({
  name: 'importExport',
  kind: 'job',
  summary: 'import the cells of one export',
  plan: ({ run, table: { table, from }, export: { id } }) => ({
    cluster: run.source,
    table,
    summary: `import ${from} of ${id} into ${table}`,
    command: `hbase Import ${toFullName(table)} <folder>`,
    undo: 'drop the table if the run made it; otherwise the cells stay',
    doneWhen: 'as many records were read as the export has',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'import', table: input.table.table }, (alive) =>
      run(input, alive),
    ),
});

async function run(input: ImportExportInput, world: StepWorld): Promise<{ rows: number }> {
  const { run: ref, root, chain, export: applied } = input;
  const { table, from } = input.table;
  const { deps } = world;
  const place = { cluster: ref.source, rootUri: root.uri, chain };
  const [cluster, store] = await Promise.all([deps.cluster(ref.source), openChain(deps, place)]);
  await store.leases.requireHeld(ref.runId, 'export');
  const record = await requireExport(store, applied);
  const found = record.tables.find((one) => one.table === from);
  // The base of a chain and its increments have the same tables.
  if (!found) throw new Failure('backup.damaged', `Export ${record.id} has no ${from}.`, { table: from });
  const file = await store.readTable(record, found);
  const [damage] = await findDamage({ files: cluster.files, paths: store.paths }, record, file);
  if (damage !== undefined) throw new Failure('backup.damaged', `Chain ${chain}: ${damage}.`, { table: from });
  if (file.rows === 0) return { rows: 0 };
  const job = await toTransferJob(
    {
      run: ref,
      step: 'importExport',
      table,
      generation: applied.number,
      bytes: file.bytes,
      args: [toFullName(table), store.paths.folder(record.id, file.folder)],
    },
    { cluster, deps },
  );
  const finished = await runJob({ world, cluster: ref.source, job, phase: 'import', table, totalBytes: file.bytes });
  requireSame(input, { finished, file });
  return { rows: file.rows };
}

/** Import ends well also when it has read less. */
function requireSame(
  { run: ref, table: { table } }: ImportExportInput,
  { finished, file }: { finished: FinishedJob; file: ExportedTableFile },
): void {
  const { exitCode, logTail } = finished;
  const read = readRecords(finished, 'input');
  if (exitCode === 0 && read === file.rows) return;
  const what =
    exitCode === 0
      ? `read ${read ?? 'nobody knows how many'} records of ${file.rows}`
      : `ended with exit code ${exitCode}`;
  const reason = reasonIn(logTail);
  const message = `Import into ${table} on ${ref.source} ${what}.${reason === '' ? '' : ` ${reason}`}`;
  throw new Failure('job.failed', message, { cluster: ref.source, table, logTail: endOf(logTail) });
}
