import { createActivities } from '../../activities/index.ts';
import { Failure } from '../../activities/failure.ts';
import { createPlainContext } from '../../activities/step-context.ts';
import type { MigrationPlan } from '../../workflows/contract/plan.ts';
import type { Steps } from '../../workflows/contract/steps.ts';
import type { PeerRef, RunRef } from '../../workflows/contract/step-data.ts';
import { toCopyRoots } from '../../workflows/flow/copy-roots.ts';
import type { DecideFault } from '../model/faults.ts';
import { createModelDeps } from '../model/model-deps.ts';
import { createModelFixture, put, type ModelFixture } from '../model/model-fixture.ts';
import { createRandom } from '../model/random.ts';

export const TABLE = 'shop:orders';
const ROWS = ['10', '20', '90', 'a0'];

const toThrown = (error: unknown): unknown => error;
const runCommand = () => Promise.resolve({ exitCode: 0, outputTail: '' });

export interface Bench extends ModelFixture {
  steps: Steps;
  /** Until it succeeds, as Temporal would; a failure that is final is thrown. */
  run<T>(work: (steps: Steps) => Promise<T>): Promise<T>;
  calls: string[];
  decide: DecideFault;
}

/** Two modelled clusters on a virtual clock, and a worker whose calls a test may spoil. */
export function createBench(seed = 1): Bench {
  const fixture = createModelFixture({}, seed);
  const random = createRandom(seed).fork('worker');
  const bench = { ...fixture, calls: [], decide: () => ({ kind: 'none' }) } as unknown as Bench;
  const link = {
    clock: fixture.clock,
    random,
    decide: (call: Parameters<DecideFault>[0]) => {
      bench.calls.push(`${call.cluster} ${call.verb}`);
      return bench.decide(call);
    },
    isAlive: () => true,
  };
  const deps = createModelDeps({ world: fixture.world, link, random, runCommand });
  const createContext = () =>
    createPlainContext({ nowMs: () => fixture.clock.nowMs(), sleep: (ms) => fixture.clock.sleep(ms) });
  bench.steps = createActivities(deps, { createContext, toThrown });
  bench.run = (work) => fixture.settle(untilDone(bench, work));
  return bench;
}

async function untilDone<T>(bench: Bench, work: (steps: Steps) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work(bench.steps);
    } catch (error) {
      if (!(error instanceof Failure && error.retryable)) throw error;
      await bench.clock.sleep(200);
    }
  }
}

export async function fillSource(bench: Bench): Promise<void> {
  const { old } = bench;
  await bench.settle(old.cluster.createNamespace('shop'));
  const families = [{ name: 'd', maxVersions: 3, scope: 0 }];
  await bench.settle(old.cluster.createTable({ table: TABLE, families, splitKeys: ['80'] }));
  for (const row of ROWS) put({ ...old }, TABLE, [row, '01']);
}

export async function plan(bench: Bench, copy: object = {}): Promise<MigrationPlan> {
  const request = { source: 'old', target: 'new', tables: ['shop:*'], copy };
  return bench.run((steps) => steps.planMigration({ request, workflowId: 'migrate-shop' }));
}

export const toRun = ({ runId, workflowId, inventoryDigest }: MigrationPlan): RunRef => ({
  runId,
  workflowId,
  source: 'old',
  target: 'new',
  inventoryDigest,
});

export function toPeer({ peerId, target, markerTable }: MigrationPlan): PeerRef {
  const marker = markerTable === undefined ? [] : [{ table: markerTable, families: [] }];
  return { id: peerId, clusterKey: target.clusterKey, tables: [{ table: TABLE, families: ['d'] }, ...marker] };
}

/** Up to the scope: from here on every edit is kept for the target. */
export async function prepare(bench: Bench, planned: MigrationPlan): Promise<void> {
  const run = toRun(planned);
  const { markerTable: table, markerSplitKeys: splitKeys, peerId } = planned;
  await bench.run((steps) => steps.claimRun({ plan: planned }));
  if (table !== undefined) {
    for (const side of ['source', 'target'] as const) {
      await bench.run((steps) => steps.createMarkerTable({ run, side, table, splitKeys, peerId }));
    }
  }
  await bench.run((steps) => steps.addPeer({ run, peer: toPeer(planned) }));
  await bench.run((steps) => steps.waitForPeerQueues({ run, peerId }));
  await bench.run((steps) => steps.setReplicationScope({ run, table: TABLE, families: ['d'] }));
}

export async function copy(bench: Bench, planned: MigrationPlan): Promise<void> {
  const run = toRun(planned);
  const snapshot = planned.tables[0]!.snapshot;
  const { bytes } = await bench.run((steps) => steps.takeSnapshot({ run, table: TABLE, snapshot }));
  const common = { run, table: TABLE, snapshot, generation: 1, mappers: 4, bandwidthMb: 0, totalBytes: bytes };
  const { source, target, staging } = toCopyRoots(planned);
  const toRoot = staging?.uri ?? target;
  await bench.run((steps) => steps.exportSnapshot({ ...common, fromRoot: source, toRoot }));
  if (!staging) return;
  const { uri, targetUri } = staging;
  await bench.run((steps) => steps.transferStaging({ ...common, fromRoot: uri, toRoot: targetUri }));
  await bench.run((steps) => steps.importSnapshot({ ...common, fromRoot: targetUri, toRoot: target }));
}

export async function restore(bench: Bench, planned: MigrationPlan, again = false): Promise<{ changed: boolean }> {
  const table = planned.tables[0]!;
  return bench.run((steps) => steps.restoreTable({ run: toRun(planned), table, snapshot: table.snapshot, again }));
}

export async function catchUp(bench: Bench, planned: MigrationPlan): Promise<void> {
  const run = toRun(planned);
  const { peerId, markerTable } = planned;
  await bench.run((steps) => steps.enablePeer({ run, peerId }));
  await bench.run((steps) => steps.waitForCatchUp({ run, peerIds: [peerId], markerTable }));
}

export async function digest(bench: Bench, side: 'old' | 'new'): Promise<unknown> {
  const range = { table: TABLE, startRow: '', stopRow: '', limit: 5_000 };
  return bench.settle(bench[side].cluster.digestRange(range));
}

export async function migrate(bench: Bench, planned: MigrationPlan): Promise<void> {
  await prepare(bench, planned);
  put(bench.old, TABLE, ['b0', '02']);
  await copy(bench, planned);
  put(bench.old, TABLE, ['20', '03']);
  await restore(bench, planned);
  put(bench.old, TABLE, ['c0', '04']);
  await catchUp(bench, planned);
}
