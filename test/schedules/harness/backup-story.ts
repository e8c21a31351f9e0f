import { fileURLToPath } from 'node:url';
import { createCatalogue, type RootCatalogue } from '../../../activities/catalogue/create-catalogue.ts';
import type { BackupState } from '../../../workflows/contract/backup/record.ts';
import type { BackupReport } from '../../../workflows/contract/backup/step-data.ts';
import { createVirtualClock, type VirtualClock } from '../../model/clock.ts';
import { BACKUP_ROOT } from '../../model/model-deps.ts';
import { createRandom } from '../../model/random.ts';
import { createTemporalSimulator, getSandbox, type TemporalSimulator } from '../../model/temporal-simulator.ts';
import { createModelWorld, type ModelMember } from '../../model/world.ts';
import { createWorkers, type Workers } from './workers.ts';

const WORKFLOWS = fileURLToPath(new URL('../../../workflows/index.ts', import.meta.url));
const LIMITS = { maxEvents: 300_000, maxMs: 3 * 3_600_000 };

export const PLACE = { cluster: 'old', root: BACKUP_ROOT };
export const ROOT = `/${BACKUP_ROOT}`;
export const TABLES = ['shop:a', 'shop:b'];

/** The real workflows and steps over one modelled cluster and a backup root on it, on a virtual clock. */
export interface BackupStory {
  clock: VirtualClock;
  old: ModelMember;
  simulator: TemporalSimulator;
  workers: Workers;
  /** Without a worker in between. */
  catalogue: RootCatalogue;
  settle<T>(promise: Promise<T>): Promise<T>;
  run<T>(type: string, input: unknown): Promise<T>;
  /** A change in each table, then a backup. */
  backUp(more?: object): Promise<string>;
}

export async function createBackupStory(seed: number): Promise<BackupStory> {
  const random = createRandom(seed);
  const clock = createVirtualClock();
  const world = createModelWorld({ clusters: ['old', 'new'], clock, random: random.fork('world') });
  const simulator = createTemporalSimulator({
    clock,
    random: random.fork('temporal'),
    sandbox: await getSandbox(WORKFLOWS),
  });
  const runCommand = () => Promise.resolve({ exitCode: 0, outputTail: '' });
  const workers = createWorkers({ world, simulator, random: random.fork('workers'), faultChance: 0, runCommand });
  workers.start();
  const old = world.member('old');
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false;
    const mark = (): void => void (isSettled = true);
    promise.then(mark, mark);
    await clock.runUntil(() => isSettled, LIMITS);
    return promise;
  };
  let started = 0;
  const run = <T>(type: string, input: unknown): Promise<T> =>
    settle(simulator.start(type, { workflowId: `${type}-${(started += 1)}`, input }).result() as Promise<T>);
  const catalogue = createCatalogue({
    files: old.cluster.files,
    rootUri: `${old.state.fileSystem.uri}${ROOT}`,
    nowMs: () => clock.nowMs(),
  });
  await settle(createTables(old));
  return {
    clock,
    old,
    simulator,
    workers,
    catalogue,
    settle,
    run,
    backUp: (more) => backUp({ old, run, clock }, more),
  };
}

async function createTables({ state, cluster }: ModelMember): Promise<void> {
  state.namespaces.add('shop');
  const families = [{ name: 'd', maxVersions: 3 }];
  for (const table of TABLES) await cluster.createTable({ table, families, splitKeys: ['80'] });
}

let written = 0;

async function backUp(
  { old, run, clock }: Pick<BackupStory, 'old' | 'run' | 'clock'>,
  more: object = {},
): Promise<string> {
  // One region of each table changes: the file of the other is shared with the backup before.
  written += 1;
  const row = written % 2 === 0 ? '10' : '90';
  for (const table of TABLES) old.mutate(table, { row, family: 'd', qualifier: '61', type: 'put', value: 'ff' });
  await clock.runFor(3_600_000);
  const { backupId } = await run<BackupReport>('backUpTables', { ...PLACE, tables: ['shop:*'], set: 'shop', ...more });
  return backupId;
}

/** What is wrong with the root now; empty is good. True at every moment, whatever has crashed. */
export async function findBroken(story: BackupStory): Promise<string[]> {
  const { backups, damaged } = await story.settle(story.catalogue.readAll());
  const wrong = damaged.map(({ path, why }) => `${path}: ${why}`);
  for (const state of backups) if (!isGoing(state)) wrong.push(...(await findMissing(story, state)));
  return wrong;
}

/** Also after an expiry has ended: nothing is left of what has gone. */
export async function findLeft(story: BackupStory): Promise<string[]> {
  const { old, catalogue, settle } = story;
  const { backups } = await settle(catalogue.readAll());
  const lists = await settle(
    Promise.all(backups.flatMap(({ record }) => record.tables.map((t) => catalogue.readFiles(record, t)))),
  );
  const needed = new Set(lists.flatMap(({ files }) => files.map(({ path }) => `${ROOT}/${path}`)));
  const snapshots = new Set(backups.flatMap(({ record }) => record.tables.map(({ snapshot }) => snapshot)));
  const paths = [...old.state.fileSystem.nodes.keys()].filter((path) => path.startsWith(`${ROOT}/`));
  const isLeft = (path: string): boolean => {
    const [first, second = '', third = ''] = path.slice(ROOT.length + 1).split('/');
    if (first === 'archive') return !needed.has(path);
    if (first === '.hbase-snapshot') return !snapshots.has(second);
    if (second === 'backups') return !backups.some(({ record }) => record.id === third);
    return second === 'trash' || second === 'leases';
  };
  return [...paths.filter(isLeft), ...backups.filter(isGoing).map(({ record }) => `${record.id} has not gone`)];
}

function isGoing({ expiringSince, keptFor }: BackupState): boolean {
  return expiringSince !== undefined && keptFor === undefined;
}

async function findMissing(story: BackupStory, { record, expiringSince }: BackupState): Promise<string[]> {
  const { old, catalogue, settle } = story;
  const { nodes } = old.state.fileSystem;
  const inTrash = new Set([...nodes.keys()].flatMap((path) => /\/trash\/[^/]+\/(.*)/.exec(path)?.[1] ?? []));
  // One that is kept after its expiry was cut off comes back with the next one.
  const isThere = (path: string): boolean =>
    nodes.has(`${ROOT}/${path}`) || (expiringSince !== undefined && inTrash.has(path));
  const lists = await settle(Promise.all(record.tables.map((table) => catalogue.readFiles(record, table))));
  const manifests = record.tables.map(({ snapshot }) => `.hbase-snapshot/${snapshot}/data.manifest`);
  const wanted = [...manifests, ...lists.flatMap(({ files }) => files.map(({ path }) => path))];
  return wanted.filter((path) => !isThere(path)).map((path) => `${record.id}: ${path} is gone`);
}
