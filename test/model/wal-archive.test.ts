import { describe, expect, it } from 'vitest';
import type { HeldWal } from '../../activities/hbase/backup-verbs.ts';
import { BACK_DATED_TIME, proveWalRows, REVERSED_TIME } from '../e2e/hbase/wal-rows-tests.ts';
import { createModelFixture, put, tableSpec, type ModelFixture } from './model-fixture.ts';
import type { ClusterTraits } from './state.ts';

const ARCHIVE = 'hdfs://new:8020/backups/prod/.temporal-hbase/wals';

async function setUp(traits: Partial<ClusterTraits> = {}): Promise<ModelFixture> {
  const fixture = createModelFixture({ rollDelayMs: 100, ...traits });
  await fixture.settle(fixture.old.cluster.createTable(tableSpec('a')));
  await fixture.settle(fixture.old.cluster.addHolder('hold1'));
  await fixture.clock.runFor(3_000);
  return fixture;
}

async function roll({ old, clock }: ModelFixture, waitMs = 200): Promise<void> {
  await old.cluster.rollWals();
  await clock.runFor(waitMs);
}

async function listClosed({ old }: ModelFixture, id = 'hold1'): Promise<HeldWal[]> {
  const queues = await old.cluster.listHeldWals(id);
  return queues.flatMap(({ wals }) => wals).filter(({ closed, bytes }) => closed && bytes > 1);
}

describe('WALs held for nobody, in the model', () => {
  for (const lineOne of [false, true]) {
    it(`a holder is disabled, ships to nobody and keeps what was rolled (1.x: ${lineOne})`, async () => {
      const fixture = await setUp({ lineOne });
      const [peer] = await fixture.old.cluster.listPeers();
      expect(peer).toMatchObject({ id: 'hold1', enabled: false, clusterKey: '', replicateAll: lineOne, tables: [] });
      expect(peer?.endpoint).toContain('VerifyWALEntries');
      put(fixture.old, 'a', ['10', '01']);
      const before = await fixture.old.cluster.listHeldWals('hold1');
      expect(before.map(({ live, recovered }) => [live, recovered])).toEqual([
        [true, false],
        [true, false],
      ]);
      expect(before.flatMap(({ wals }) => wals).every(({ closed }) => !closed)).toBe(true);
      await roll(fixture);
      expect(await listClosed(fixture)).toHaveLength(1);
    });
  }

  it('a moment enabled lets go of what was closed', async () => {
    const fixture = await setUp();
    put(fixture.old, 'a', ['10', '01']);
    await roll(fixture);
    await fixture.settle(fixture.old.cluster.enablePeer('hold1'));
    await fixture.clock.runFor(5_000);
    expect(await listClosed(fixture)).toEqual([]);
  });

  it('a closed WAL is copied also from where it has moved meanwhile, once, and tells what is in it', async () => {
    const fixture = await setUp();
    const { old, settle, clock } = fixture;
    put(old, 'a', ['10', '01']);
    old.bulkLoad('a', [{ row: '11', family: 'd', qualifier: '61', value: '02' }]);
    await roll(fixture);
    const [wal] = await listClosed(fixture);
    expect(wal?.path).toContain('/WALs/');
    await clock.runFor(5_000);
    expect((await listClosed(fixture))[0]?.path).toContain('/oldWALs/');
    const copy = { from: wal!.path!, toUri: `${ARCHIVE}/${wal!.name}`, bytes: wal!.bytes };
    const copied = await settle(old.cluster.copyFile(copy));
    expect(copied).toMatchObject({ bytes: wal!.bytes, created: true });
    expect(await settle(old.cluster.copyFile(copy))).toEqual({ ...copied, created: false });
    expect(await old.cluster.readWalRange(copy.toUri)).toMatchObject({
      entries: 2,
      tables: [{ table: 'a', edits: 1, bulkLoadFiles: 1 }],
    });
  });

  it('an open WAL is short, another length is refused, and one that nobody holds is gone', async () => {
    const fixture = await setUp();
    const { old, settle } = fixture;
    put(old, 'a', ['10', '01']);
    await roll(fixture);
    const [wal] = await listClosed(fixture);
    const copy = { from: wal!.path!, toUri: `${ARCHIVE}/${wal!.name}` };
    await expect(settle(old.cluster.copyFile({ ...copy, bytes: 5 }))).rejects.toMatchObject({ code: 'hbase.failed' });
    expect(await old.cluster.files.list(ARCHIVE)).toEqual([]);
    await settle(old.cluster.removePeer('hold1'));
    await expect(settle(old.cluster.copyFile(copy))).rejects.toMatchObject({ code: 'hdfs.failed' });
    await expect(settle(old.cluster.copyFile({ ...copy, toUri: '/hbase/x' }))).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('the rows that a WAL touches: deletes of one version, back-dated puts and those from the future', async () => {
    const fixture = createModelFixture({ rollDelayMs: 100 });
    const { old, clock, settle } = fixture;
    await settle(old.cluster.createTable({ table: 'a', families: [{ name: 'a', maxVersions: 3 }], splitKeys: ['80'] }));
    const cell = { family: 'a', qualifier: '71', value: '01' };
    old.mutate('a', { ...cell, row: '44', type: 'put' });
    await roll(fixture);
    await settle(old.cluster.addHolder('hold1'));
    const writeOddly = async (): Promise<void> => {
      for (const [row, timestampMs] of [
        ['11'],
        ['22', Number(BACK_DATED_TIME)],
        ['33', Number(REVERSED_TIME)],
      ] as const) {
        old.mutate('a', { ...cell, row, type: 'put', ...(timestampMs === undefined ? {} : { timestampMs }) });
      }
      old.mutate('a', { ...cell, row: '44', type: 'delete' });
    };
    const sleep = (ms: number) => clock.sleep(ms);
    await settle(proveWalRows({ cluster: old.cluster, table: 'a', holder: 'hold1', sinceMs: 0, writeOddly, sleep }));
  });

  it('what a dead server wrote last is closed, under its name and then as recovered', async () => {
    const fixture = await setUp({ servers: 1, queueClaimMs: 10_000, restartMs: 2_000 });
    const { old, clock } = fixture;
    put(old, 'a', ['10', '01']);
    old.killServer();
    const dead = await old.cluster.listHeldWals('hold1');
    expect(dead).toMatchObject([{ live: false, recovered: false, wals: [{ closed: true }] }]);
    await clock.runFor(20_000);
    const queues = await old.cluster.listHeldWals('hold1');
    expect(queues.find(({ recovered }) => recovered)).toMatchObject({ live: true, wals: [{ closed: true }] });
  });
});
