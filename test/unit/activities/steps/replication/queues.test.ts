import { describe, expect, it } from 'vitest';
import type { PeerInfo, PeerQueues } from '../../../../../activities/hbase/cluster.ts';
import { measureBacklog } from '../../../../../activities/steps/replication/measure-backlog.ts';
import { findPeerDifference } from '../../../../../activities/steps/replication/peers.ts';
import { listMissingQueues } from '../../../../../activities/steps/replication/wait-for-peer-queues.ts';

const wal = (name: string, startedMs: number, group = 'g') => ({ name, startedMs, group });

function queuesOf(change: Partial<PeerQueues> = {}): PeerQueues {
  return {
    liveServers: ['r1', 'r2'],
    crashingServers: [],
    queues: [
      { queue: 'p', server: 'r1', recovered: false, wals: [wal('r1.10', 10)] },
      { queue: 'p', server: 'r2', recovered: false, wals: [wal('r2.10', 10)] },
    ],
    hfileRefs: 0,
    newestWals: [
      { server: 'r1', ...wal('r1.10', 10) },
      { server: 'r2', ...wal('r2.10', 10) },
    ],
    bytes: 5,
    ...change,
  };
}

describe('listMissingQueues', () => {
  it('every server with its current WAL: nothing is missing', () => {
    expect(listMissingQueues(queuesOf(), 'p')).toEqual([]);
  });

  it('a server without the queue: is missing', () => {
    expect(listMissingQueues(queuesOf({ liveServers: ['r1', 'r2', 'r3'] }), 'p')).toEqual(['the queue of r3']);
  });

  it('a queue without the current WAL of one group: is missing', () => {
    const newestWals = [{ server: 'r1', ...wal('r1.h.12', 12, 'h') }];
    expect(listMissingQueues(queuesOf({ newestWals }), 'p')).toEqual(['r1.h.12 in the queue of r1']);
  });

  it('a queue that was rolled since: counts', () => {
    const queues = [{ queue: 'p', server: 'r1', recovered: false, wals: [wal('r1.20', 20)] }];
    expect(listMissingQueues(queuesOf({ queues, liveServers: ['r1'] }), 'p')).toEqual([]);
  });

  it('a recovered queue, or one of another peer: does not count', () => {
    const queues = [
      { queue: 'p', server: 'r1', recovered: true, wals: [wal('r1.10', 10)] },
      { queue: 'q', server: 'r1', recovered: false, wals: [wal('r1.10', 10)] },
    ];
    expect(listMissingQueues(queuesOf({ queues, liveServers: ['r1'] }), 'p')).toEqual(['the queue of r1']);
  });

  it('no live servers: is no answer', () => {
    expect(listMissingQueues(queuesOf({ liveServers: [] }), 'p')).toEqual(['a live region server']);
  });
});

describe('measureBacklog', () => {
  it('a WAL held for two peers: counts once', () => {
    expect(measureBacklog([queuesOf(), queuesOf()], 1_010)).toMatchObject({ wals: 2, bytes: 5, oldestMs: 1_000 });
  });

  it('no queue: is no backlog', () => {
    expect(measureBacklog([], 7)).toMatchObject({ wals: 0, bytes: 0, oldestMs: 0 });
  });
});

describe('findPeerDifference', () => {
  const wanted = { id: 'p', clusterKey: 'zk', tables: [{ table: 't', families: ['b', 'a'] }] };
  const peer = (change: Partial<PeerInfo>): PeerInfo => ({
    ...wanted,
    enabled: false,
    replicateAll: false,
    namespaces: [],
    excludeTables: [],
    excludeNamespaces: [],
    serial: false,
    ...change,
  });

  it.each([
    ['the same', {}, undefined],
    ['families in another order', { tables: [{ table: 't', families: ['a', 'b'] }] }, undefined],
    ['another target', { clusterKey: 'zk2' }, 'it ships to zk2 instead of zk'],
    ['all tables', { replicateAll: true }, 'it replicates all tables'],
    ['a namespace', { namespaces: ['n'] }, 'it replicates namespaces n'],
    ['fewer families', { tables: [{ table: 't', families: ['a'] }] }, 'its tables are t(a) instead of t(a|b)'],
  ])('%s', (_what, change, expected) => {
    expect(findPeerDifference(peer(change), wanted)).toBe(expected);
  });
});
