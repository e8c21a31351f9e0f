import { describe, expect, it } from 'vitest';
import type { PeerInfo } from '../../../../activities/hbase/cluster.ts';
import { addSample, judgeDisk, toHeldWals } from '../../../../activities/steps/proof/held-wals.ts';
import { judgePeers } from '../../../../activities/steps/proof/watch-peers.ts';
import { watchRun } from '../../../../activities/steps/proof/watch-run.ts';
import type { WatchEvent } from '../../../../workflows/contract/step-data.ts';
import { createStepsFixture, MARKER, PEER, PEER_ID, type StepsFixture, TABLE } from '../steps-fixture.ts';

const disk = (freeBytes: number) => ({ freeBytes, capacityBytes: 1_000 });

const kindsAt = (freeBytes: number) =>
  judgeDisk(toHeldWals([{ atMs: 0, bytes: 1 }], disk(freeBytes))).map(({ kind }) => kind);

const info = (change: Partial<PeerInfo> = {}): PeerInfo => ({
  ...PEER,
  enabled: true,
  replicateAll: false,
  namespaces: [],
  excludeTables: [],
  excludeNamespaces: [],
  serial: false,
  ...change,
});

const judge = (now: PeerInfo[], { noted = [PEER], disabledTooLong = new Set<string>() } = {}) =>
  judgePeers({ peerIds: [PEER_ID], noted, disabledTooLong, now }).map(({ key }) => key);

const watch = (fixture: StepsFixture, seen: string[] = []): Promise<WatchEvent> =>
  watchRun.run(
    {
      run: fixture.run,
      peerIds: [PEER_ID],
      tables: [fixture.table],
      sinceMs: fixture.clock.nowMs(),
      seen,
    },
    fixture.stepWorld,
  );

async function eventAfter(fixture: StepsFixture, change: () => Promise<void> | void): Promise<WatchEvent> {
  const watching = watch(fixture);
  await fixture.clock.runFor(20_000);
  await fixture.settle(Promise.resolve(change()));
  return fixture.settle(watching);
}

async function returnsWithin(fixture: StepsFixture, seen: string[]): Promise<boolean> {
  const watching = watch(fixture, seen).then(() => true);
  await fixture.clock.runFor(60_000);
  return Promise.race([watching, Promise.resolve(false)]);
}

describe('toHeldWals', () => {
  it('growth: bytes a second over the samples, and when the disk is full at that rate', () => {
    const samples = [
      { atMs: 0, bytes: 100 },
      { atMs: 10_000, bytes: 200 },
    ];
    expect(toHeldWals(samples, disk(500))).toMatchObject({
      bytes: 200,
      growthBytesPerSecond: 10,
      diskFullAt: new Date(60_000).toISOString(),
    });
  });

  it('not growing, or one sample: no forecast', () => {
    expect(toHeldWals([{ atMs: 0, bytes: 100 }], disk(500))).not.toHaveProperty('diskFullAt');
  });

  it('old samples: leave the slope', () => {
    const samples = addSample([{ atMs: 0, bytes: 1 }], { atMs: 3_600_000, bytes: 2 });
    expect(samples).toEqual([{ atMs: 3_600_000, bytes: 2 }]);
  });
});

describe('judgeDisk', () => {
  it('thresholds: warns from 75 %, holds from 85 %', () => {
    expect(kindsAt(251)).toEqual([]);
    expect(kindsAt(250)).toEqual(['disk-warning']);
    expect(kindsAt(150)).toEqual(['disk-hold', 'disk-warning']);
  });
});

describe('judgePeers', () => {
  it('as the run made it, or with fewer tables: nothing to say', () => {
    expect(judge([info()])).toEqual([]);
    expect(judge([info({ tables: [{ table: MARKER, families: ['m'] }] })])).toEqual([]);
  });

  it('removed, widened or moved: said', () => {
    expect(judge([])).toEqual([`peer-changed:${PEER_ID}:removed`]);
    expect(judge([info({ tables: [{ table: 'other', families: [] }] })])).toEqual([`peer-changed:${PEER_ID}:widened`]);
    expect(judge([info({ replicateAll: true })])).toEqual([`peer-changed:${PEER_ID}:widened`]);
    expect(judge([info({ clusterKey: 'elsewhere' })])).toEqual([`peer-changed:${PEER_ID}:moved`]);
  });

  it('disabled for long: said, unless its tables have moved to a newer peer of the run', () => {
    const disabledTooLong = new Set([PEER_ID]);
    expect(judge([info({ enabled: false })], { disabledTooLong })).toEqual([`peer-changed:${PEER_ID}:disabled`]);
    const newer = { ...PEER, id: `${PEER_ID}_2` };
    expect(judge([info({ enabled: false })], { disabledTooLong, noted: [PEER, newer] })).toEqual([]);
  });
});

describe('watchRun', () => {
  it('a quiet run: only heartbeats, with the WALs held', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    void watch(fixture);
    await fixture.clock.runFor(60_000);
    expect(fixture.progress.length).toBeGreaterThan(10);
    expect(fixture.progress.at(-1)).toMatchObject({
      phase: 'watching',
      heldWals: { capacityBytes: 2 ** 40 * 0.9765625 },
    });
  });

  it('a dropped table, a removed peer, unlogged writes, a bulk load: each ends the watch by name', async () => {
    const changes: [string, (fixture: StepsFixture) => Promise<void> | void][] = [
      [
        `table-dropped:old:${TABLE}`,
        async ({ old }) => {
          await old.cluster.disableTable(TABLE);
          await old.cluster.deleteTable(TABLE);
        },
      ],
      [`peer-changed:${PEER_ID}:removed`, ({ old }) => old.cluster.removePeer(PEER_ID)],
      [
        'unlogged-writes',
        ({ old }) => {
          old.mutate(TABLE, { row: '01', family: 'd', qualifier: '61', type: 'put', value: '61', skipWal: true });
        },
      ],
      [
        `bulk-load:${TABLE}`,
        ({ old }) => old.bulkLoad(TABLE, [{ row: 'aa', family: 'd', qualifier: '61', value: '61' }]),
      ],
    ];
    for (const [key, change] of changes) {
      const fixture = await createStepsFixture();
      await fixture.replicate();
      expect((await eventAfter(fixture, () => change(fixture))).key).toBe(key);
    }
  });

  it('a peer disabled by somebody: said after a minute, not in the seconds the run itself needs', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const startedMs = fixture.clock.nowMs();
    const event = await eventAfter(fixture, () => fixture.old.cluster.disablePeer(PEER_ID));
    expect(event.key).toBe(`peer-changed:${PEER_ID}:disabled`);
    expect(fixture.clock.nowMs() - startedMs).toBeGreaterThan(60_000);
  });

  it('an event that was seen: not returned again', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await fixture.settle(fixture.old.cluster.removePeer(PEER_ID));
    expect(await returnsWithin(fixture, [`peer-changed:${PEER_ID}:removed`])).toBe(false);
  });

  it('a cluster that does not answer: no event', async () => {
    const fixture = await createStepsFixture({
      decide: ({ verb }) => (verb === 'readPeerQueues' ? { kind: 'refused' } : { kind: 'none' }),
    });
    await fixture.replicate();
    expect(await returnsWithin(fixture, [])).toBe(false);
  });
});
