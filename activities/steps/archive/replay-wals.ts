import type { ArchivedWal, ReplayedWals, ReplayInput } from '../../../workflows/contract/backup/archive.ts';
import { splitTableName, type TableName } from '../../../workflows/contract/names.ts';
import type { WalArchive } from '../../catalogue/wal-archive.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { JobSpec } from '../../jobs/jobs.ts';
import { keepAlive } from '../../keep-alive.ts';
import { endOf, type FinishedJob, reasonIn, runJob } from '../../run-job.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { ensureStagingOwner } from '../../run-record/staging-owner.ts';
import { openCatalogue } from '../backup/open-catalogue.ts';
import { COPY_LIMIT_MS } from '../copy/export-job.ts';
import { toSettings } from '../copy/roots.ts';
import { parseVersion } from '../plan/preflight/versions.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { openArchive } from './open-archive.ts';

const WAL_PLAYER = 'org.apache.hadoop.hbase.mapreduce.WALPlayer';
/** The list is one argument of a process. On 1.x WALPlayer takes a single path. */
const WALS_OF_A_JOB = 50;
const SHARED_JVM_BYTES = 256 * 1024 * 1024;
const AT_ONCE = 4;

/**
 * Brings a scratch table from its base to an instant, by WALPlayer over an explicit list of files, each of which was
 * read and compared with its index first: never a folder, never ignoring what is missing (hazard 45). What it counted is
 * compared with what the index says. Edits of one cell with one timestamp may land in any order.
 */
export const replayWals = defineActivity<'replayWals'>({
  name: 'replayWals',
  kind: 'job',
  summary: 'replay the archived WALs up to the instant',
  plan: ({ run, from, scratch, toMs }) => ({
    cluster: run.source,
    table: scratch,
    summary: `replay what was written to ${from} up to ${new Date(toMs).toISOString()} into ${scratch}`,
    command: `hbase WALPlayer -Dwal.start.time=… -Dwal.end.time=${toMs} <files> ${toFullName(from)} ${toFullName(scratch)}`,
    undo: 'drop the scratch table',
    doneWhen: 'every WAL of the list was read whole',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'replaying WALs', table: input.scratch }, (alive) =>
      replay(input, alive),
    ),
});

async function replay(input: ReplayInput, world: StepWorld): Promise<ReplayedWals> {
  const { run, root, set, backupId, from, toMs } = input;
  const { deps } = world;
  const place = { cluster: run.source, rootUri: root.uri };
  const [cluster, catalogue, archive] = await Promise.all([
    deps.cluster(run.source),
    openCatalogue(deps, place),
    openArchive(deps, { ...place, set }),
  ]);
  const { record } = (await catalogue.readOne(backupId)).state;
  const fromMs = record.startMs - record.skewMs;
  const wals = await listNeeded(archive, { table: from, fromMs, toMs });
  const inputs = await verifyAll(wals, { input, fromMs, archive, cluster, world });
  const { version } = await cluster.readFacts();
  const size = parseVersion(version).major < 2 ? 1 : WALS_OF_A_JOB;
  const total: ReplayedWals = { wals: wals.length, bytes: 0, entries: 0, edits: 0 };
  for (let at = 0; at < wals.length; at += size) {
    const part = wals.slice(at, at + size);
    const job = toJob(input, { part, inputs: inputs.slice(at, at + size), fromMs, number: at / size }, world);
    const finished = await runJob({ world, cluster: run.source, job, phase: 'replaying WALs', table: input.scratch });
    total.entries += requireRead(input, { part, fromMs, finished });
    total.bytes += part.reduce((sum, { bytes }) => sum + bytes, 0);
    world.ctx.progress({
      phase: 'replaying WALs',
      table: input.scratch,
      done: at + part.length,
      total: wals.length,
      unit: 'wals',
    });
  }
  total.edits = wals
    .flatMap(({ tables }) => tables)
    .reduce((sum, one) => sum + (one.table === from ? one.edits : 0), 0);
  return total;
}

/** By its index; what holds no edit of the table is not read. */
async function listNeeded(
  archive: WalArchive,
  { table, fromMs, toMs }: { table: TableName; fromMs: number; toMs: number },
): Promise<ArchivedWal[]> {
  const { wals, damaged } = await archive.listWals(toMs);
  const [first] = damaged;
  if (first) throw new Failure('backup.damaged', `${first.path} is damaged: ${first.why}.`);
  return wals.filter(({ tables }) =>
    tables.some((one) => one.table === table && one.edits > 0 && one.lastMs >= fromMs && one.firstMs <= toMs),
  );
}

interface Verified {
  input: ReplayInput;
  fromMs: number;
  archive: WalArchive;
  cluster: HBaseCluster;
  world: StepWorld;
}

/** @returns Where to read each of them. */
async function verifyAll(wals: ArchivedWal[], verified: Verified): Promise<string[]> {
  const { archive, cluster, world, fromMs } = verified;
  const { ctx } = world;
  const folders = [...new Set(wals.map((wal) => archive.paths.wal(wal).replace(/\/[^/]*$/, '')))];
  const listed = await inParallel({ items: folders, limit: AT_ONCE }, async (folder) =>
    (await cluster.files.list(folder)).map(({ name, bytes }): [string, number] => [`${folder}/${name}`, bytes]),
  );
  const standing = new Map(listed.flat());
  const staging = wals.some(({ startedMs }) => startedMs < fromMs) ? await openStaging(verified) : '';
  let done = 0;
  return inParallel({ items: wals, limit: AT_ONCE }, async (wal) => {
    ctx.signal.throwIfAborted();
    const uri = archive.paths.wal(wal);
    if (standing.get(uri) !== wal.bytes) throw toDamaged(wal, 'is missing or of another length');
    const toUri = wal.startedMs < fromMs ? `${staging}/wal-${wals.indexOf(wal) + 1}.${fromMs}` : uri;
    // What is there already is read, and not copied.
    const { sha256 } = await cluster.copyFile({ from: uri, toUri, bytes: wal.bytes });
    if (sha256 !== wal.sha256) throw toDamaged(wal, 'does not hold what its index says');
    done += 1;
    ctx.progress({ phase: 'verifying WALs', done, total: wals.length, unit: 'wals' });
    return toUri;
  });
}

/**
 * For WALs that were being written when the base began. From 2.4 on, WALPlayer takes the time in a WAL's name for that of
 * its first edit it is asked for, and skips a file that began before the start without a word [code: `WALInputFormat`
 * of 2.4.17 and 2.6.1, seen]; so it gets them by another name.
 */
async function openStaging({ input: { run, root, scratch }, cluster, world: { deps } }: Verified): Promise<string> {
  const uri = `${root.uri}.thb-scratch/${run.runId}/${splitTableName(scratch).qualifier}`;
  const note: NoteValues['staging'] = { uri };
  await (await deps.runs(run.source)).open(run.runId).note('staging', scratch, note);
  await ensureStagingOwner(cluster.files, { uri, runId: run.runId });
  return uri;
}

function toDamaged({ server, name }: ArchivedWal, what: string): Failure {
  return new Failure('backup.damaged', `The archived WAL ${name} of ${server} ${what}; nothing was replayed.`);
}

function toJob(
  { run, from, scratch, toMs }: ReplayInput,
  { part, inputs, fromMs, number }: { part: ArchivedWal[]; inputs: string[]; fromMs: number; number: number },
  { deps }: StepWorld,
): JobSpec {
  const { queue, options } = deps.inventory.clusters.get(run.source)?.mapReduce ?? { options: [] };
  const { qualifier } = splitTableName(scratch);
  const bytes = part.reduce((sum, wal) => sum + wal.bytes, 0);
  return {
    key: `${run.runId}/replayWals/${qualifier}/${number + 1}`,
    timeLimitMs: COPY_LIMIT_MS,
    kind: 'tool',
    className: WAL_PLAYER,
    args: [inputs.join(','), toFullName(from), toFullName(scratch)],
    settings: {
      'wal.start.time': String(fromMs),
      'wal.end.time': String(toMs),
      'mapreduce.map.speculative': 'false',
      'mapreduce.job.name': `temporal-hbase-${run.runId}-replay-${qualifier}`,
      ...(queue === undefined ? {} : { 'mapreduce.job.queuename': queue }),
      ...toSettings(options),
    },
    runIn: bytes < SHARED_JVM_BYTES ? 'shared' : 'own',
  };
}

/** Always with its namespace: a bare name is somebody else's somewhere (hazard 45). */
function toFullName(table: TableName): string {
  const { namespace, qualifier } = splitTableName(table);
  return `${namespace}:${qualifier}`;
}

/** A WAL within the two times is read whole; one that crosses an end at most whole. */
function requireRead(
  { run, scratch, toMs }: ReplayInput,
  { part, fromMs, finished }: { part: ArchivedWal[]; fromMs: number; finished: FinishedJob },
): number {
  const { counters, exitCode, logTail } = finished;
  const read = counters['Map input records'] ?? counters['MAP_INPUT_RECORDS'];
  const least = countEntries(part.filter((wal) => (wal.firstMs ?? 0) >= fromMs && (wal.lastMs ?? Infinity) <= toMs));
  const most = countEntries(part);
  if (exitCode === 0 && read !== undefined && least <= read && read <= most) return read;
  const what =
    exitCode === 0
      ? `read ${read ?? 'nobody knows how many'} entries of ${least} to ${most}`
      : `ended with exit code ${exitCode}`;
  const reason = reasonIn(logTail);
  const message = `WALPlayer into ${scratch} on ${run.source} ${what}.${reason === '' ? '' : ` ${reason}`}`;
  throw new Failure('job.failed', message, { cluster: run.source, table: scratch, logTail: endOf(logTail) });
}

function countEntries(wals: readonly ArchivedWal[]): number {
  return wals.reduce((sum, { entries }) => sum + entries, 0);
}
