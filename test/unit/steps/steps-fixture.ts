import type { Activity, StepInput, StepOutput, StepWorld } from '../../../activities/define-step.ts';
import type { CommandCall, CommandResult, StepDeps } from '../../../activities/deps.ts';
import { digestOf } from '../../../activities/digest.ts';
import type { RunRecord } from '../../../activities/run-record/run-record.ts';
import { createPlainContext, type ProgressReport } from '../../../activities/step-context.ts';
import type { MigrationPlan, MigrationRequest, PlannedTable } from '../../../workflows/contract/plan.ts';
import type { StepName } from '../../../workflows/contract/steps.ts';
import type { PeerRef, RunRef } from '../../../workflows/contract/step-data.ts';
import type { DecideFault, Link } from '../../model/faults.ts';
import { createModelDeps } from '../../model/model-deps.ts';
import { createModelFixture, put, tableSpec, type ModelFixture } from '../../model/model-fixture.ts';
import { createRandom } from '../../model/random.ts';
import type { ClusterTraits } from '../../model/state.ts';

export const RUN_ID = 'run0001';
export const PEER_ID = `thb_${RUN_ID}`;
export const MARKER = `thb_${RUN_ID}_marker`;
export const TABLE = 'shop:orders';

export interface StepsFixture extends ModelFixture {
  deps: StepDeps;
  run: RunRef;
  table: PlannedTable;
  plan: MigrationPlan;
  progress: ProgressReport[];
  /** Names and actions of the named commands that ran. */
  commands: string[];
  link: Link;
  stepWorld: StepWorld;
  call<N extends StepName>(activity: Activity<N>, input: StepInput<N>): Promise<StepOutput<N>>;
  record(cluster: 'old' | 'new'): Promise<RunRecord>;
  /** Runs the clock until the record has answered. */
  withRecord<T>(cluster: 'old' | 'new', work: (record: RunRecord) => Promise<T>): Promise<T>;
  /** Marker tables, peer and a table on both sides, replicating. */
  replicate(rows?: number): Promise<void>;
  write(row: string, value: string): void;
}

export interface FixtureOptions {
  traits?: Partial<ClusterTraits>;
  runCommand?: (name: string, call: CommandCall) => Promise<CommandResult>;
  decide?: DecideFault;
}

export async function createStepsFixture(options: FixtureOptions = {}): Promise<StepsFixture> {
  const model = createModelFixture(options.traits);
  const { world, clock } = model;
  const random = createRandom(7);
  const link: Link = { clock, random, decide: options.decide ?? (() => ({ kind: 'none' })), isAlive: () => true };
  const commands: string[] = [];
  const runCommand = async (name: string, call: CommandCall): Promise<CommandResult> => {
    commands.push(`${name} ${call.check ? 'check' : call.action}`);
    return (await options.runCommand?.(name, call)) ?? { exitCode: 0, outputTail: '' };
  };
  const deps = createModelDeps({ world, link, random, runCommand });
  const progress: ProgressReport[] = [];
  const ctx = createPlainContext({
    sleep: (ms) => clock.sleep(ms),
    nowMs: () => clock.nowMs(),
    onProgress: (report) => progress.push(report),
  });
  const digest = deps.inventory.digest;
  const run: RunRef = { runId: RUN_ID, workflowId: 'wf', source: 'old', target: 'new', inventoryDigest: digest };
  const stepWorld: StepWorld = { ctx, deps };
  await model.settle(createTables(model));
  const table = await planTable(model);
  const plan = toPlan(run, table);
  const record = async (cluster: 'old' | 'new') => (await deps.runs(cluster)).open(RUN_ID);
  await model.settle(openRecords(record, plan));
  return {
    ...model,
    deps,
    run,
    table,
    plan,
    progress,
    commands,
    link,
    stepWorld,
    call: (activity, input) => model.settle(activity.run(input, stepWorld)),
    record,
    withRecord: (cluster, work) => model.settle(record(cluster).then(work)),
    replicate: (rows = 10) => replicate(model, { record, rows }),
    write: (row, value) => put(model.old, TABLE, [row, value]),
  };
}

async function createTables({ old, new: target }: ModelFixture): Promise<void> {
  for (const { cluster } of [old, target]) {
    await cluster.createNamespace('shop');
    await cluster.createTable(tableSpec(TABLE, cluster === old.cluster ? 1 : 0));
    await cluster.createTable({
      table: MARKER,
      families: [{ name: 'm', scope: cluster === old.cluster ? 1 : 0 }],
      splitKeys: ['40', '80', 'c0'],
    });
  }
}

async function planTable({ old }: ModelFixture): Promise<PlannedTable> {
  const found = (await old.cluster.readTable(TABLE))!;
  return {
    table: TABLE,
    families: [{ name: 'd', scopeBefore: 0, maxVersions: 3, ttlSeconds: 2_147_483_647 }],
    regions: found.regions,
    readOnlyBefore: false,
    sizeBytes: 1_000,
    snapshot: `thb_${RUN_ID}_shop_orders`,
    targetBefore: 'absent',
    schemaDigest: found.schemaDigest,
  };
}

export const REQUEST: MigrationRequest = {
  source: 'old',
  target: 'new',
  tables: [TABLE],
  name: 'shop',
  copy: { via: 'direct', mappers: 2, bandwidthMb: 0, parallelTables: 4 },
  cutover: { approval: 'required', approvalExpiresMs: 3_600_000, maxWritePauseMs: 30_000, fence: 'readonly' },
  verify: { level: 'cells', fullInsideFenceCells: 20_000, agentCompareCells: 1_000_000, showKeys: false },
  acceptWarnings: [],
};

function toPlannedCluster(name: string) {
  return {
    name,
    clusterId: `id-${name}`,
    version: '2.6.1',
    clusterKey: `zk-${name}:2181:/hbase`,
    rootDir: `hdfs://${name}:8020/hbase`,
    regionServers: 2,
  };
}

function toPlan(run: RunRef, table: PlannedTable): MigrationPlan {
  const plan = {
    formatVersion: 1 as const,
    runId: run.runId,
    workflowId: run.workflowId,
    request: REQUEST,
    createdAt: '2026-01-01T00:00:00.000Z',
    peerId: PEER_ID,
    markerTable: MARKER,
    markerSplitKeys: ['40', '80', 'c0'],
    source: toPlannedCluster('old'),
    target: toPlannedCluster('new'),
    tables: [table],
    findings: [],
    inventoryDigest: run.inventoryDigest,
  };
  return { ...plan, digest: digestOf(plan) };
}

async function openRecords(record: StepsFixture['record'], plan: MigrationPlan): Promise<void> {
  for (const cluster of ['old', 'new'] as const) {
    const one = await record(cluster);
    await one.open(plan);
    await one.claimTables([TABLE]);
  }
}

export const PEER: PeerRef = {
  id: PEER_ID,
  clusterKey: 'zk-new:2181:/hbase',
  tables: [
    { table: TABLE, families: ['d'] },
    { table: MARKER, families: ['m'] },
  ],
};

async function replicate(
  model: ModelFixture,
  { record, rows }: { record: StepsFixture['record']; rows: number },
): Promise<void> {
  const { cluster } = model.old;
  const add = async (): Promise<void> => {
    await (await record('old')).note('peer', PEER_ID, PEER);
    await cluster.addPeer(PEER);
    await cluster.enablePeer(PEER_ID);
  };
  await model.settle(add());
  for (let i = 0; i < rows; i += 1) put(model.old, TABLE, [toRow(i), `ab${toRow(i)}`]);
  await model.clock.runFor(10_000);
}

/** Spread over both regions of the table. */
export function toRow(i: number): string {
  return ((i * 37) % 256).toString(16).padStart(2, '0');
}
