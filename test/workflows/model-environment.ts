import { randomUUID } from 'node:crypto';
import { getClient } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import type { StepDeps } from '../../activities/deps.ts';
import { createActivities } from '../../activities/index.ts';
import type { Inventory } from '../../activities/inventory/inventory.ts';
import { readSetSchedules } from '../../activities/watch/read-set-schedules.ts';
import { createRuntimeMetrics } from '../../worker/metrics.ts';
import { ACTIVITY_PREFIX } from '../../workflows/contract/messages.ts';
import type { MigrateTablesInput } from '../../workflows/contract/requests/migrate-tables.ts';
import { createRealClock } from '../model/clock.ts';
import type { DecideFault } from '../model/faults.ts';
import { createModelDeps, SWITCH_COMMAND } from '../model/model-deps.ts';
import { createRandom } from '../model/random.ts';
import { createModelWorld, type ModelMember, type ModelWorld } from '../model/world.ts';
import { WRITER_FAMILIES } from '../model/writer.ts';
import { IN_PROCESS } from './in-process.ts';
import { type EnvironmentOptions, startSmokeEnvironment, type Handle, type SmokeEnvironment } from './smoke-harness.ts';

/** A real Temporal server and the real steps over two modelled clusters. */
export interface ModelEnvironment {
  temporal: SmokeEnvironment['temporal'];
  /** The same server, for steps that are stubs. */
  smoke: SmokeEnvironment;
  /** A world of its own, and a worker that serves it while `use` runs. */
  withWorld(use: (site: Site) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface Site {
  world: ModelWorld;
  source: ModelMember;
  target: ModelMember;
  /** Decides over every call from the worker to a cluster. */
  faults: { decide: DecideFault };
  switched: string[];
  /** Alert targets of the clusters file. */
  alerts: Inventory['alerts'];
  taskQueue: string;
  addTables(names: readonly string[]): Promise<void>;
  start(input: unknown, workflowId?: string): Promise<Handle>;
  run<T>(type: string, input: unknown): Promise<T>;
  /** Any type of workflow. */
  launch(type: string, input: unknown): Promise<Handle>;
}

export async function startModelEnvironment(options: EnvironmentOptions = {}): Promise<ModelEnvironment> {
  const env = await startSmokeEnvironment(options);
  const workflowBundle = { code: env.bundledCode };
  const withWorld: ModelEnvironment['withWorld'] = async (use) => {
    const clock = createRealClock(10);
    const random = createRandom(1);
    const world = createModelWorld({ clusters: ['old', 'new'], clock, random, traits: TRAITS });
    const faults: Site['faults'] = { decide: () => ({ kind: 'none' }) };
    const switched: string[] = [];
    const link = {
      clock,
      random,
      decide: (call: Parameters<DecideFault>[0]) => faults.decide(call),
      isAlive: () => true,
    };
    const runCommand = async (name: string): Promise<{ exitCode: number; outputTail: string }> => {
      switched.push(name);
      return { exitCode: 0, outputTail: '' };
    };
    const modelled = createModelDeps({ world, link, random, runCommand, expiryGraceMs: 300, silentAfterMs: 500 });
    const deps: StepDeps = {
      ...modelled,
      readSchedules: (set) => readSetSchedules(getClient(), set),
      metrics: createRuntimeMetrics(),
    };
    const steps = Object.entries(createActivities(deps)).map(([name, run]) => [ACTIVITY_PREFIX + name, run]);
    const taskQueue = randomUUID();
    const activities = Object.fromEntries(steps) as Record<string, (input: unknown) => Promise<unknown>>;
    const worker = await Worker.create({
      connection: env.temporal.nativeConnection,
      taskQueue,
      workflowBundle,
      activities,
      ...IN_PROCESS,
    });
    const site: Site = {
      world,
      source: world.member('old'),
      target: world.member('new'),
      faults,
      switched,
      alerts: deps.inventory.alerts,
      taskQueue,
      addTables: (names) => addTables(world.member('old'), names),
      start: (input, workflowId = randomUUID()) =>
        env.start('migrateTables', { taskQueue, workflowId, args: input === undefined ? [] : [input] }),
      launch: (type, input) => env.start(type, { taskQueue, workflowId: randomUUID(), args: [input] }),
      run: async <T>(type: string, input: unknown) => {
        const handle = await env.start(type, { taskQueue, workflowId: randomUUID(), args: [input] });
        return (await handle.result()) as T;
      },
    };
    try {
      await worker.runUntil(() => use(site));
    } finally {
      clock.stop();
    }
  };
  return { temporal: env.temporal, smoke: env, withWorld, stop: () => env.stop() };
}

const TRAITS = { old: { rollDelayMs: 200, servers: 1 }, new: { rollDelayMs: 200, servers: 1 } };

async function addTables(source: ModelMember, names: readonly string[]): Promise<void> {
  source.state.namespaces.add('shop');
  await Promise.all(
    names.map((table) => source.cluster.createTable({ table, families: WRITER_FAMILIES, splitKeys: ['80'] })),
  );
  for (const table of names) {
    for (const row of ['10', '20', '90'])
      source.mutate(table, { row, family: 'd', qualifier: '61', type: 'put', value: 'ff' });
  }
}

export function requestFor(tables: string[], cutover: MigrateTablesInput['cutover'] = {}): MigrateTablesInput {
  return {
    source: 'old',
    target: 'new',
    tables,
    cutover: { switchClients: SWITCH_COMMAND, maxWritePause: '60s', ...cutover },
    acceptWarnings: ['bug.HBASE-29987', 'cluster.no-backup-master', 'clock.skew', 'target.empty-table'],
  };
}

/** What a run must not leave: everything of ours on one cluster. */
export function listOurs({ state }: ModelMember): string[] {
  const files = [...state.fileSystem.nodes.keys()].filter(
    (path) => path.includes('thb_') || path.includes('.temporal-hbase'),
  );
  const named = [...state.tables.keys(), ...state.peers.keys()].filter((name) => name.startsWith('thb_'));
  return [...named, ...files.filter((path) => !path.startsWith('/hbase/archive/'))];
}

export function isWritable({ state }: ModelMember, table: string): boolean {
  const found = state.tables.get(table);
  return found !== undefined && found.enabled && found.regions.every((region) => !region.readOnly);
}
