import type {
  ExportedTableFile,
  ExportedTableRef,
  ExportTableInput,
} from '../../../workflows/contract/backup/export.ts';
import type { ExportChainStore } from '../../catalogue/export-chain.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { FileStore, HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { endOf, type FinishedJob, reasonIn, runJob } from '../../run-job.ts';
import { openChain } from './open-chain.ts';
import { readKept } from './seen-tables.ts';
import { readRecords, toFullName, toTransferJob } from './transfer-job.ts';

/** So often it is started: a tool that was killed or met a moment's trouble heals. */
const LAUNCHES = 3;
const PAUSE_MS = 2_000;

/** HBase's Export over [from, to): one mapper for each region, one sequence file of each mapper. */
export const exportTable = defineActivity<'exportTable'>({
  name: 'exportTable',
  kind: 'job',
  summary: 'export the table by its cells',
  plan: (input) => ({
    cluster: input.run.source,
    table: input.table,
    summary: `export ${input.table} to chain ${input.plan.request.chain}`,
    command: `hbase Export ${toArgs(input, '<folder>').join(' ')}`,
    undo: 'remove the folder of the export, unless a record names it',
    doneWhen: "the list of the table's files is there",
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'export', table: input.table }, (alive) => run(input, alive)),
});

interface Opened {
  input: ExportTableInput;
  world: StepWorld;
  cluster: HBaseCluster;
  store: ExportChainStore;
}

async function run(input: ExportTableInput, world: StepWorld): Promise<ExportedTableRef> {
  const { run: ref, plan, table } = input;
  const { deps } = world;
  const place = { cluster: ref.source, rootUri: plan.root.uri, chain: plan.request.chain };
  const [cluster, store] = await Promise.all([deps.cluster(ref.source), openChain(deps, place)]);
  const written = await store.readWrittenTable(plan.exportId, table);
  if (written) return toRef(written.file, written.digest);
  const record = (await deps.runs(ref.source)).open(ref.runId);
  const kept = await readKept({ record, cluster, plan }, table);
  const exported = await launch({ input, world, cluster, store });
  const bytes = exported.files.reduce((sum, file) => sum + file.bytes, 0);
  const file: ExportedTableFile = { formatVersion: 1, id: plan.exportId, ...kept, ...exported, bytes };
  return toRef(file, await store.writeTable(file));
}

function toRef({ table, rows, bytes, files }: ExportedTableFile, digest: string): ExportedTableRef {
  return { table, rows, bytes, files: files.length, digest };
}

/** Export refuses a folder that is there, so every launch has one of its own; a later attempt walks the same ones. */
async function launch(opened: Opened): Promise<Pick<ExportedTableFile, 'folder' | 'rows' | 'files'>> {
  const { input, world, cluster, store } = opened;
  const { plan, table } = input;
  let failure: unknown;
  for (let number = 1; number <= LAUNCHES; number += 1) {
    const folder = store.paths.folderName(table, number);
    const uri = store.paths.folder(plan.exportId, folder);
    const finished = await runOnce(opened, { uri, number }).catch((error: unknown) => {
      if (!(error instanceof Failure) || error.code !== 'job.failed') throw error;
      failure = error;
    });
    if (finished) {
      const rows = requireWhole(opened, finished);
      return { folder, rows, files: await listDataFiles(cluster.files, uri) };
    }
    // Provably ended, so nothing writes there any more.
    await cluster.files.remove(uri, { recursive: true });
    if (number < LAUNCHES) await world.ctx.sleep(PAUSE_MS * number);
  }
  throw failure;
}

/** @throws Failure `job.failed`, also for an exit code other than 0. */
async function runOnce(
  { input, world, cluster }: Opened,
  { uri, number }: { uri: string; number: number },
): Promise<FinishedJob> {
  const { run: ref, plan, table, sizeBytes } = input;
  const { raw, families } = plan.request;
  const job = await toTransferJob(
    {
      run: ref,
      step: 'exportTable',
      table,
      generation: number,
      bytes: sizeBytes,
      args: toArgs(input, uri),
      settings: {
        ...(raw ? { 'hbase.mapreduce.include.deleted.rows': 'true' } : {}),
        ...(families.length === 0 ? {} : { 'hbase.mapreduce.scan.column.family': families.join(',') }),
      },
    },
    { cluster, deps: world.deps },
  );
  const options = { world, cluster: ref.source, job, phase: 'export', table, totalBytes: sizeBytes, relaunches: 0 };
  const finished = await runJob(options);
  if (finished.exitCode === 0) return finished;
  throw toFailure({ input, finished }, `ended with exit code ${finished.exitCode}`);
}

function toArgs({ plan, table, fromMs, toMs }: ExportTableInput, uri: string): string[] {
  return [toFullName(table), uri, String(plan.request.versions), String(fromMs), String(toMs)];
}

/** Export writes every record that it reads: a mapper that was ended half-way shows here. */
function requireWhole({ input }: Opened, finished: FinishedJob): number {
  const [read, written] = [readRecords(finished, 'input'), readRecords(finished, 'output')];
  if (read !== undefined && read === written) return read;
  throw toFailure({ input, finished }, `read ${read ?? 'nobody knows how many'} records and wrote ${written ?? '?'}`);
}

function toFailure({ input, finished }: { input: ExportTableInput; finished: FinishedJob }, what: string): Failure {
  const { run: ref, table } = input;
  const reason = reasonIn(finished.logTail);
  const message = `Export of ${table} on ${ref.source} ${what}.${reason === '' ? '' : ` ${reason}`}`;
  const host = finished.host === undefined ? {} : { host: finished.host };
  return new Failure('job.failed', message, { cluster: ref.source, ...host, table, logTail: endOf(finished.logTail) });
}

/** What Import reads of a folder; `_SUCCESS` and the like are Hadoop's own. */
export async function listDataFiles(files: FileStore, uri: string): Promise<ExportedTableFile['files']> {
  const entries = await files.list(uri);
  return entries
    .filter(({ name, directory }) => !directory && !/^[_.]/.test(name))
    .map(({ name, bytes }) => ({ name, bytes }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
