import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../model/faults.ts';
import { put } from '../../../model/model-fixture.ts';
import { createRandom } from '../../../model/random.ts';
import {
  catchUp,
  copy,
  createBench,
  digest,
  fillSource,
  migrate,
  plan,
  prepare,
  restore,
  TABLE,
  toPeer,
  toRun,
} from '../../../support/recipe-bench.ts';

const FAULTS: Fault[] = [
  { kind: 'refused' },
  { kind: 'lost-answer' },
  { kind: 'late', ms: 700 },
  { kind: 'late', ms: 2_500 },
  { kind: 'delayed', ms: 1_500 },
];

describe('the recipe on the model', () => {
  it.each([['direct'], ['staging']])('copied %s: the target ends with every cell, ready and held', async (via) => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench, { via });
    await migrate(bench, planned);
    expect(await digest(bench, 'new')).toEqual(await digest(bench, 'old'));
    const restored = await bench.settle(bench.new.cluster.readTable(TABLE));
    expect(restored).toMatchObject({ enabled: true, families: [{ name: 'd', scope: 0 }] });
    expect(Number(restored?.attributes['hbase.hstore.time.to.purge.deletes'])).toBeGreaterThan(30 * 86_400_000);
  });

  it.each(Array.from({ length: 25 }, (_, index) => index + 1))(
    'calls that fail, answer late or never, seed %i: change nothing about the end',
    async (seed) => {
      const bench = createBench(seed);
      await fillSource(bench);
      const planned = await plan(bench, { via: seed % 2 === 0 ? 'direct' : 'staging' });
      const random = createRandom(seed).fork('faults');
      bench.decide = () => (random.chance(0.15) ? random.pick(FAULTS) : { kind: 'none' });
      await migrate(bench, planned);
      bench.decide = () => ({ kind: 'none' });
      expect(await digest(bench, 'new')).toEqual(await digest(bench, 'old'));
      for (const member of bench.world.members) {
        expect([...member.jobs.starts.values()].every((starts) => starts === 1)).toBe(true);
      }
    },
  );

  it('every step again: is already so', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await prepare(bench, planned);
    await copy(bench, planned);
    await restore(bench, planned);
    const run = toRun(planned);
    const { peerId } = planned;
    expect(await restore(bench, planned)).toEqual({ changed: false });
    const again = await Promise.all([
      bench.run((steps) => steps.addPeer({ run, peer: toPeer(planned) })),
      bench.run((steps) => steps.setReplicationScope({ run, table: TABLE, families: ['d'] })),
      bench.run((steps) => steps.setPeerTables({ run, peer: toPeer(planned) })),
      bench.run((steps) => steps.disablePeer({ run, peerId })),
    ]);
    expect(again).toEqual([{ changed: false }, { changed: false }, { changed: false }, { changed: false }]);
  });

  it('a second run over the same table: is refused, and leaves no claim of its own', async () => {
    const bench = createBench();
    await fillSource(bench);
    const [first, second] = [await plan(bench), await plan(bench)];
    await bench.run((steps) => steps.claimRun({ plan: first }));
    await expect(bench.run((steps) => steps.claimRun({ plan: second }))).rejects.toMatchObject({ code: 'run.claimed' });
    const runs = await bench.run((steps) => steps.listRuns({}));
    expect(runs.map(({ run }) => run.runId)).toEqual([first.runId]);
    expect(runs[0]?.claims).toEqual([
      { side: 'source', table: TABLE },
      { side: 'target', table: TABLE },
    ]);
    await expect(plan(bench)).rejects.toMatchObject({ code: 'preflight.failed' });
  });

  it('a warning that nobody accepted: refuses a migration, and a plan to look at shows it', async () => {
    const bench = createBench();
    await fillSource(bench);
    bench.old.state.traits.version = '2.4.17';
    await expect(plan(bench)).rejects.toMatchObject({ code: 'preflight.failed' });
    const request = { source: 'old', target: 'new', tables: ['shop:*'] };
    const preview = { request, workflowId: 'plan-1', isPreview: true };
    const { findings } = await bench.run((steps) => steps.planMigration(preview));
    expect(findings).toContainEqual(expect.objectContaining({ level: 'warn', code: 'bug.HBASE-29987' }));
  });

  it('a table that came up on the target meanwhile: is never overwritten', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await prepare(bench, planned);
    await copy(bench, planned);
    await bench.settle(bench.new.cluster.createNamespace('shop'));
    await bench.settle(bench.new.cluster.createTable({ table: TABLE, families: [{ name: 'd' }], splitKeys: [] }));
    await expect(restore(bench, planned)).rejects.toMatchObject({ code: 'target.has-data' });
  });

  it('a table of our own with other rows: is disabled, restored and enabled', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await migrate(bench, planned);
    await bench.settle(bench.old.cluster.disablePeer(planned.peerId));
    put(bench.new, TABLE, ['ff', '09']);
    const { peerId, ...names } = await bench.run((steps) =>
      steps.mintRetry({ run: toRun(planned), table: TABLE, attempt: 2 }),
    );
    const retried = { ...planned, tables: [{ ...planned.tables[0]!, ...names }] };
    await copy(bench, retried);
    expect(await restore(bench, retried, true)).toEqual({ changed: true });
    expect(peerId).not.toBe(planned.peerId);
    expect(await digest(bench, 'new')).toEqual(await digest(bench, 'old'));
  });

  it('an empty table on the target: is restored into', async () => {
    const bench = createBench();
    await fillSource(bench);
    await bench.settle(bench.new.cluster.createNamespace('shop'));
    const families = [{ name: 'd', maxVersions: 3 }];
    await bench.settle(bench.new.cluster.createTable({ table: TABLE, families, splitKeys: [] }));
    const planned = await plan(bench);
    expect(planned.tables[0]?.targetBefore).toBe('empty');
    await migrate(bench, planned);
    expect(await digest(bench, 'new')).toEqual(await digest(bench, 'old'));
  });

  it('a copy whose driver is killed: is started again under a key of its own', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await prepare(bench, planned);
    let kills = 1;
    bench.decide = ({ verb }) => {
      const [running] = bench.old.jobs.running();
      if (verb === 'jobs.poll' && running !== undefined && kills > 0) {
        kills -= 1;
        bench.old.jobs.kill(running);
      }
      return { kind: 'none' };
    };
    await copy(bench, planned);
    await restore(bench, planned);
    expect([...bench.old.jobs.starts.values()]).toEqual([1, 1]);
  });

  it('a snapshot with references: is taken again until the split has been compacted', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await prepare(bench, planned);
    bench.old.splitRegion(TABLE);
    bench.clock.after(6_000, () => bench.old.compact(TABLE));
    await copy(bench, planned);
    await restore(bench, planned);
    await catchUp(bench, planned);
    expect(await digest(bench, 'new')).toEqual(await digest(bench, 'old'));
    expect(bench.calls.filter((call) => call === 'old deleteSnapshot').length).toBeGreaterThan(0);
  });

  it('another try: has a peer and a snapshot of its own, the same for every attempt', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await prepare(bench, planned);
    const mint = () => bench.run((steps) => steps.mintRetry({ run: toRun(planned), table: TABLE, attempt: 2 }));
    const minted = await mint();
    expect(await mint()).toEqual(minted);
    expect(minted.peerId).not.toBe(planned.peerId);
    expect(minted.snapshot).not.toBe(planned.tables[0]!.snapshot);
  });

  it('a peer that somebody removed: stops the wait', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await prepare(bench, planned);
    await bench.settle(bench.old.cluster.removePeer(planned.peerId));
    await expect(catchUp(bench, planned)).rejects.toMatchObject({ code: 'peer.changed' });
  });

  it('a READONLY table: is not snapshot, since that would hang', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench);
    await prepare(bench, planned);
    await bench.settle(bench.old.cluster.alterTable(TABLE, { readOnly: true }));
    await expect(copy(bench, planned)).rejects.toMatchObject({ code: 'preflight.failed' });
  });

  it('planning: shows every step with its command, in the order of the recipe', async () => {
    const bench = createBench();
    await fillSource(bench);
    const planned = await plan(bench, { via: 'staging' });
    const described = await bench.run((steps) => steps.describePlan({ plan: planned }));
    expect(described.map(({ step }) => step)).toEqual([
      'claimRun',
      'createMarkerTable',
      'createMarkerTable',
      'addPeer',
      'waitForPeerQueues',
      'setReplicationScope',
      'takeSnapshot',
      'exportSnapshot',
      'transferStaging',
      'importSnapshot',
      'restoreTable',
      'enablePeer',
      'waitForCatchUp',
      'startFenceGuard',
      'fenceTables',
      'proveDrained',
      'setMark',
      'openTarget',
      'stopFenceGuard',
      ...Array.from({ length: 7 }, () => 'settleNotes'),
      'closeRun',
    ]);
    expect(described.every(({ command, undo, doneWhen }) => command && undo && doneWhen)).toBe(true);
  });

  it('planning: writes nothing', async () => {
    const bench = createBench();
    await fillSource(bench);
    bench.calls.length = 0;
    await plan(bench);
    const reads = /^(old|new) (read|list|has|is|probePorts|files\.(read|list|measure|probeWrite))/;
    expect(bench.calls.filter((call) => !reads.test(call))).toEqual([]);
  });

  it('checkClusters: one line per fact, and a dead cluster is a line too', async () => {
    const bench = createBench();
    bench.decide = ({ cluster }) => (cluster === 'new' ? { kind: 'refused' } : { kind: 'none' });
    const lines = await bench.run((steps) => steps.checkClusters({}));
    expect(lines.filter(({ cluster }) => cluster === 'new')).toMatchObject([{ fact: 'connection', level: 'FAILED' }]);
    expect(lines.filter(({ cluster }) => cluster === 'old').length).toBeGreaterThan(8);
  });
});
