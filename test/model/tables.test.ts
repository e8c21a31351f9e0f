import { describe, expect, it } from 'vitest';
import { createModelFixture, put, readValues, tableSpec, type ModelFixture } from './model-fixture.ts';
import { createLedger } from './ledger.ts';
import { startModelWriter, WRITER_FAMILIES } from './writer.ts';

async function setUp(seed = 1): Promise<ModelFixture> {
  const fixture = createModelFixture({}, seed);
  await fixture.settle(fixture.old.cluster.createTable(tableSpec('a')));
  return fixture;
}

describe('tables in the model', () => {
  it('READONLY turns one region after another: some writes pass until the call has returned', async () => {
    const { old, clock, settle } = await setUp();
    const altering = old.cluster.alterTable('a', { readOnly: true });
    await clock.runUntil(() => old.state.tables.get('a')!.regions.some((region) => region.readOnly));
    const probe = await old.cluster.probeFence('a');
    expect([probe.rejected, probe.writable.length]).toEqual([1, 1]);
    await settle(altering);
    expect(await old.cluster.probeFence('a')).toEqual({ regions: 2, rejected: 2, writable: [], unknown: [] });
    expect(() => put(old, 'a', ['10', '01'])).toThrow('read only');
  });

  it('enable and disable are not idempotent', async () => {
    const { old, settle } = await setUp();
    await expect(settle(old.cluster.enableTable('a'))).rejects.toThrow('already enabled');
    await settle(old.cluster.disableTable('a'));
    await expect(settle(old.cluster.disableTable('a'))).rejects.toThrow('already disabled');
    expect(() => put(old, 'a', ['10', '01'])).toThrow('TableNotEnabledException');
  });

  it('a fence whose mark is set is refused just before the call', async () => {
    const { old, settle } = await setUp();
    await old.cluster.files.create('/m/mark-1.json', '{}');
    const fence = old.cluster.alterTable('a', { readOnly: true }, { markPath: '/m/mark-1.json' });
    await expect(settle(fence)).rejects.toThrow('too late');
    expect((await old.cluster.readTable('a'))?.readOnly).toBe(false);
  });

  it('no file inside an HBase root is removed', async () => {
    const { old } = await setUp();
    await expect(old.cluster.files.remove('/hbase/archive', { recursive: true })).rejects.toThrow('HBase root');
    await expect(old.cluster.files.remove('/', { recursive: true })).rejects.toThrow('HBase root');
  });

  it('a killed server loses nothing acknowledged', async () => {
    const { old, clock } = await setUp();
    put(old, 'a', ['10', '01']);
    old.killServer();
    await clock.runFor(30_000);
    expect(await readValues(old.cluster, 'a', '10')).toEqual(['01']);
  });

  it.each([1, 2, 3, 4, 5])(
    'what the ledger says is what a reader finds, through compactions (seed %i)',
    async (seed) => {
      const { old, clock, settle, world } = await setUp(seed);
      await settle(old.cluster.createTable({ table: 'w', families: WRITER_FAMILIES, splitKeys: ['80'] }));
      const ledger = createLedger();
      const writer = startModelWriter({
        clock,
        random: world.random.fork('writer'),
        ledger,
        tables: ['w'],
        route: () => old,
        meanPauseMs: () => 50,
      });
      for (let i = 0; i < 10; i += 1) {
        await clock.runFor(10_000);
        old.moveRegion('w');
      }
      writer.stop();
      const table = old.state.tables.get('w')!;
      const reader = {
        rules: table.families,
        nowMs: clock.nowMs(),
        read: (row: string) => table.rows.read(row, { rules: table.families, nowMs: clock.nowMs() }),
      };
      expect(ledger.writes).toBeGreaterThan(500);
      expect(ledger.check('w', reader)).toEqual([]);
      const row = table.rows.keys()[0]!;
      old.mutate('w', { row, family: 'd', qualifier: '61', type: 'put', value: 'not in the ledger' });
      expect(ledger.check('w', reader)).not.toEqual([]);
    },
  );
});
