import { describe, expect, it } from 'vitest';
import { listOursInForeignQueues } from '../../../model/foreign-queues.ts';
import { put, readValues, tableSpec } from '../../../model/model-fixture.ts';
import { addOtherPeer, type NewPeer } from '../../../model/replication.ts';
import {
  type Bench,
  catchUp,
  copy,
  createBench,
  fillSource,
  plan,
  prepare,
  restore,
  TABLE,
  toRun,
} from '../../../support/recipe-bench.ts';

const THEIRS = 'theirs';
const takesEverything = { replicateAll: true, excludeTables: [{ table: TABLE, families: [] }] };

/** A standing peer of somebody else from the source, to a cluster that has their table and none of ours. */
async function createBenchWith(peer: Omit<NewPeer, 'id' | 'clusterKey'>): Promise<Bench> {
  const bench = createBench();
  await fillSource(bench);
  for (const { cluster } of [bench.old, bench.new]) await bench.settle(cluster.createTable(tableSpec(THEIRS, 1)));
  const clusterKey = bench.new.state.clusterKey;
  await bench.settle(addOtherPeer(bench.old.state, { ...peer, id: 'dr', clusterKey }));
  return bench;
}

/** From the plan to what a cutover proves, then the end. */
async function migrate(bench: Bench) {
  const planned = await plan(bench);
  const run = toRun(planned);
  const { peerId, markerTable } = planned;
  await prepare(bench, planned);
  put(bench.old, TABLE, ['b0', '02']);
  await copy(bench, planned);
  await restore(bench, planned);
  put(bench.old, TABLE, ['c0', '04']);
  await catchUp(bench, planned);
  const peerIds = [peerId];
  const fence = { run, epoch: 1, fence: 'readonly', tables: [{ table: TABLE, readOnlyBefore: false }] } as const;
  await bench.run((steps) => steps.fenceTables({ ...fence, tables: [...fence.tables] }));
  const proof = await bench.run((steps) =>
    steps.proveDrained({ run, peerIds, markerTable, sentinel: 's', timeLimitMs: 30_000 }),
  );
  const clocks = await bench.run((steps) => steps.waitForClocks({ run, markerTable, peerIds }));
  await bench.run((steps) => steps.openTarget({ run, markerTable, tables: [TABLE] }));
  for (const kind of ['peer', 'scope', 'marker-table'] as const) {
    for (const side of ['source', 'target'] as const) {
      await bench.run((steps) => steps.settleNotes({ run, side, kind, outcome: 'completed' }));
    }
  }
  return { planned, proof, clocks };
}

describe("a run beside other people's replication", () => {
  it('a peer that takes every new table: the run has no marker table, and that peer ships on after it', async () => {
    const bench = await createBenchWith(takesEverything);
    const { planned, proof, clocks } = await migrate(bench);
    expect(planned.markerTable).toBeUndefined();
    expect(planned.findings.map(({ code }) => code)).toContain('marker.left-out');
    expect(proof).toMatchObject({ sentinels: 0, passes: [{}, {}] });
    expect(clocks.targetClockMs).toBeGreaterThan(clocks.sourceClockMs);
    expect(await readValues(bench.new.cluster, TABLE, 'c0')).toEqual(['04']);
    expect(listOursInForeignQueues(bench.world)).toEqual([]);
    expect((await bench.old.cluster.listTables()).filter((table) => table.includes('thb'))).toEqual([]);

    put(bench.old, THEIRS, ['10', '07']);
    await bench.settle(bench.old.cluster.enablePeer('dr'));
    await bench.clock.runFor(30_000);
    expect(await readValues(bench.new.cluster, THEIRS, '10')).toEqual(['07']);
  });

  it('a peer of namespace default: the same', async () => {
    const bench = await createBenchWith({ namespaces: ['default'] });
    const { planned } = await migrate(bench);
    expect(planned.markerTable).toBeUndefined();
  });

  it('a peer that names its tables: the run has its marker table, and none of it is in that queue', async () => {
    const bench = await createBenchWith({ tables: [{ table: THEIRS, families: [] }] });
    const { planned, proof } = await migrate(bench);
    expect(planned.markerTable).toBeDefined();
    expect(proof.sentinels).toBeGreaterThan(0);
    expect(listOursInForeignQueues(bench.world)).toEqual([]);
  });

  it('a run that makes its table all the same: stops that peer for good, which the check for it must see', async () => {
    const bench = await createBenchWith(takesEverything);
    const { cluster } = bench.old;
    const spec = { table: 'thb_x_marker', families: [{ name: 'm', scope: 1 }], splitKeys: [] };
    await bench.settle(cluster.createTable(spec));
    await bench.settle(cluster.putSentinels('thb_x_marker', '01').then(() => undefined));
    await bench.settle(cluster.disableTable('thb_x_marker'));
    await bench.settle(cluster.deleteTable('thb_x_marker'));
    expect(listOursInForeignQueues(bench.world)).not.toEqual([]);
    put(bench.old, THEIRS, ['10', '07']);
    await bench.settle(cluster.enablePeer('dr'));
    await bench.clock.runFor(60_000);
    expect(await readValues(bench.new.cluster, THEIRS, '10')).toEqual([]);
  });
});
