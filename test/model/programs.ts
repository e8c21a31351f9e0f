import type { FenceGuardSettings, JobSpec } from '../../activities/jobs/jobs.ts';
import type { HBaseCluster } from '../../activities/hbase/cluster.ts';
import { exportCells, importCells } from './export-import.ts';
import { exportSnapshot } from './export-snapshot.ts';
import type { ModelFileSystems } from './files.ts';
import { nodesBelow } from './files.ts';
import type { ProcessHandle } from './jobs.ts';
import { readCells } from './row-verbs.ts';
import { digestOf } from './rows.ts';
import { playWals } from './wal-player.ts';
import { requirePeer, requireTable, type ClusterState } from './state.ts';

/** The programs a gateway runs, with the exit codes they really have. */
export interface ProgramWorld {
  state: ClusterState;
  fileSystems: ModelFileSystems;
  /** The gateway's own HBase client: used by the fence guard, not by a worker. */
  cluster: HBaseCluster;
  /** Runs the application fence's undo. */
  runUnfenceCommand: (argv: string[]) => Promise<void>;
}

export function runProgram(world: ProgramWorld, handle: ProcessHandle): Promise<number> {
  const { spec } = handle;
  if (spec.kind === 'fence-guard') return guardFence(world, handle, spec.settings);
  const name = programName(spec);
  if (name.endsWith('ExportSnapshot')) return exportSnapshot(world, handle, toolArguments(spec));
  if (name.endsWith('.Export')) return exportCells(world, handle);
  if (name.endsWith('.Import')) return importCells(world, handle);
  if (name.endsWith('WALPlayer')) return playWals(world, handle);
  if (name.endsWith('VerifyReplication')) return verifyReplication(world, handle, toolArguments(spec));
  if (name.endsWith('distcp') || name.endsWith('DistCp')) return distCp(world, handle, toolArguments(spec));
  return Promise.reject(new Error(`the model knows no program ${name}`));
}

type PlainJob = Exclude<JobSpec, { kind: 'fence-guard' }>;

function programName(spec: PlainJob): string {
  return spec.kind === 'tool' ? spec.className : (spec.args[0] ?? '');
}

function toolArguments(spec: PlainJob): string[] {
  return spec.kind === 'tool' ? spec.args : spec.args.slice(1);
}

/** Copies the content of a folder; `-update` skips what is there with the same length. A missing source is 255. */
async function distCp({ state, fileSystems }: ProgramWorld, handle: ProcessHandle, args: string[]): Promise<number> {
  const [fromUri, toUri] = args.filter((arg) => arg.includes('://')).slice(-2);
  if (fromUri === undefined || toUri === undefined) return 255;
  const from = fileSystems.locate(state.fileSystem.uri, fromUri);
  const to = fileSystems.locate(state.fileSystem.uri, toUri);
  const sources = nodesBelow(from);
  if (sources.length === 0) {
    handle.print(`org.apache.hadoop.tools.CopyListing$InvalidInputException: ${fromUri} doesn't exist`);
    return 255;
  }
  let copied = 0;
  let skipped = 0;
  for (const [at, [path, node]] of sources.entries()) {
    await handle.sleep(state.random.between(5, 200));
    const place = `${to.path}${path.slice(from.path.length)}`;
    const there = to.fileSystem.nodes.get(place);
    if (there?.bytes === node.bytes && args.includes('-update')) skipped += 1;
    else copied += node.bytes;
    to.fileSystem.nodes.set(place, structuredClone(node));
    handle.setPercent(Math.round((100 * (at + 1)) / sources.length));
  }
  handle.count({ BYTESCOPIED: copied, SKIP: skipped, COPY: sources.length - skipped });
  return 0;
}

/** Newest version unless `--versions`; exit 0 says that it ran, the counters say what it found. */
async function verifyReplication({ state }: ProgramWorld, handle: ProcessHandle, args: string[]): Promise<number> {
  const [peerId, tableName] = args.slice(-2);
  const target = state.findCluster(requirePeer(state, peerId!).clusterKey)!;
  await handle.sleep(state.random.between(500, 3_000));
  const here = digestRowsOf(state, tableName!);
  const there = digestRowsOf(target, tableName!);
  const good = [...here].filter(([row, digest]) => there.get(row) === digest).length;
  const onlySource = [...here.keys()].filter((row) => !there.has(row)).length;
  const onlyPeer = [...there.keys()].filter((row) => !here.has(row)).length;
  const bad = new Set([...here.keys(), ...there.keys()]).size - good;
  const counters = {
    GOODROWS: good,
    BADROWS: bad,
    ONLY_IN_SOURCE_TABLE_ROWS: onlySource,
    ONLY_IN_PEER_TABLE_ROWS: onlyPeer,
    CONTENT_DIFFERENT_ROWS: bad - onlySource - onlyPeer,
  };
  // Hadoop prints a counter only once it has counted something.
  handle.count(Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0)));
  return 0;
}

function digestRowsOf(state: ClusterState, name: string): Map<string, string> {
  const table = requireTable(state, name);
  const rows = table.rows.keys().map((row) => [row, readCells(state, table, row)] as const);
  return new Map(rows.filter(([, cells]) => cells.length > 0).map(([row, cells]) => [row, digestOf([[row, cells]])]));
}

const GUARD_POLL_MS = 250;

/** Competes for the mark at its deadline, on its own monotonic clock, and gives writes back when it wins. */
async function guardFence(world: ProgramWorld, handle: ProcessHandle, settings: FenceGuardSettings): Promise<number> {
  const { markPath, deadlineMs } = settings;
  await handle.sleep(world.state.random.between(100, 1_500));
  const readyMs = world.state.clock.nowMs();
  handle.print(`GUARD READY ${settings.epoch}`);
  for (let waitedMs = 0; waitedMs < deadlineMs; waitedMs += GUARD_POLL_MS) {
    const mark = await readMark(world, markPath);
    if (mark === 'cut-over') return 0;
    if (mark === 'unfence') break;
    await handle.sleep(Math.min(GUARD_POLL_MS, deadlineMs - waitedMs));
  }
  const mine = { decision: 'unfence', by: 'fence-guard', at: new Date(world.state.clock.nowMs()).toISOString() };
  await world.cluster.files.create(markPath, JSON.stringify(mine));
  if ((await readMark(world, markPath)) !== 'unfence') return 0;
  for (const table of settings.tables) await giveBack(world, handle, table);
  if (settings.unfenceCommand) await world.runUnfenceCommand(settings.unfenceCommand);
  handle.print(`GUARD DONE ${world.state.clock.nowMs() - readyMs} ms`);
  return 0;
}

async function readMark({ cluster }: ProgramWorld, path: string): Promise<string | undefined> {
  const text = await cluster.files.read(path);
  return text === undefined ? undefined : (JSON.parse(text) as { decision: string }).decision;
}

async function giveBack(
  world: ProgramWorld,
  handle: ProcessHandle,
  table: FenceGuardSettings['tables'][number],
): Promise<void> {
  for (;;) {
    try {
      await giveBackOnce(world, table);
      return;
    } catch (error) {
      handle.print(String(error));
      await handle.sleep(500);
    }
  }
}

async function giveBackOnce(
  { cluster, state }: ProgramWorld,
  { table, fence, readOnlyBefore }: FenceGuardSettings['tables'][number],
): Promise<void> {
  const found = state.tables.get(table);
  if (!found) return;
  await cluster.giveBack(table, { readOnly: readOnlyBefore, enable: fence === 'disable' });
}
