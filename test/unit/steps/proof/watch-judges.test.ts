import { describe, expect, it } from 'vitest';
import type { PeerInfo, UnloggedCount } from '../../../../activities/hbase/cluster.ts';
import { addSample, judgeDisk, toHeldWals } from '../../../../activities/steps/proof/held-wals.ts';
import { judgePeers } from '../../../../activities/steps/proof/watch-peers.ts';
import { judgeUnlogged, type UnloggedBaseline } from '../../../../activities/steps/proof/watch-writes.ts';
import { MARKER, PEER, PEER_ID } from '../steps-fixture.ts';

const disk = (freeBytes: number) => ({ freeBytes, capacityBytes: 1_000 });

const keysAt = (freeBytes: number, { heldBytes = 500, seen = [] as string[] } = {}) =>
  judgeDisk({ heldWals: toHeldWals([{ atMs: 0, bytes: heldBytes }], disk(freeBytes)), waveBytes: 1, seen }).map(
    ({ key }) => key,
  );

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
  it('steps: warns from 75 %, holds from 85 % and says so again at each step', () => {
    expect(keysAt(251)).toEqual([]);
    expect(keysAt(250)).toEqual(['disk-warning']);
    expect(keysAt(150)).toEqual(['disk-hold:85', 'disk-warning']);
    expect(keysAt(50)).toEqual(['disk-hold:95', 'disk-hold:90', 'disk-hold:85', 'disk-warning']);
    expect(keysAt(10)[0]).toBe('disk-hold:99');
  });

  it('a step that was told: is taken back 2 % below it', () => {
    const seen = ['disk-hold:85'];
    expect(keysAt(165, { seen })).toContain('disk-hold:85');
    expect(keysAt(175, { seen })).not.toContain('disk-hold:85');
  });

  it('twenty times of what is copied and held is free: not judged by its percentage', () => {
    expect(keysAt(140, { heldBytes: 7 })).toEqual([]);
    expect(keysAt(140, { heldBytes: 8 })).toEqual(['disk-hold:85', 'disk-warning']);
  });

  it('plenty of room that fills within days: is held all the same', () => {
    const samples = [
      { atMs: 0, bytes: 0 },
      { atMs: 6_000, bytes: 6 },
    ];
    const heldWals = toHeldWals(samples, disk(140));
    expect(judgeDisk({ heldWals, waveBytes: 1, seen: [] }).map(({ kind }) => kind)).toContain('disk-hold');
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

describe('judgeUnlogged', () => {
  const baseline = { counts: { 'rs1,1,1': 5, 'rs2,1,1': 7 }, unknown: {} };
  const judgeCounts = (now: UnloggedCount[], isBlind = false, before: UnloggedBaseline = baseline) =>
    judgeUnlogged({ cluster: 'old', baseline: before, now, isBlind }).map(({ kind }) => kind);

  it('as before: nothing to say', () => {
    expect(judgeCounts([{ server: 'rs1,1,1', mutations: 5 }])).toEqual([]);
  });

  it('a server that started again counts from nothing: what it counts is new', () => {
    expect(judgeCounts([{ server: 'rs1,1,9', mutations: 1 }])).toEqual(['unlogged-writes']);
    expect(judgeCounts([{ server: 'rs1,1,9', mutations: 0 }])).toEqual([]);
  });

  it('a counter that was not known at the start: is never judged, and that is said', () => {
    const blind = { counts: {}, unknown: { 'rs1,1,1': 'refused' } };
    expect(judgeCounts([{ server: 'rs1,1,1', mutations: 9 }], false, blind)).toEqual(['metrics-unreadable']);
  });

  it('one server that does not answer for a moment: hides nothing of the others', () => {
    const now = [
      { server: 'rs1,1,1', why: 'busy' },
      { server: 'rs2,1,1', mutations: 8 },
    ];
    expect(judgeCounts(now)).toEqual(['unlogged-writes']);
    expect(judgeCounts(now, true)).toEqual(['unlogged-writes', 'metrics-unreadable']);
  });
});
