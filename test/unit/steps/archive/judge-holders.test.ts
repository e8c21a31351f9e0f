import { describe, expect, it } from 'vitest';
import type { HeldQueue } from '../../../../activities/hbase/backup-verbs.ts';
import type { PeerInfo } from '../../../../activities/hbase/cluster.ts';
import { type HolderFacts, judgeContinuity } from '../../../../activities/steps/archive/judge-holders.ts';
import { tickOf } from '../../catalogue/archive-fixture.ts';

const ID = 'thb_hold_x_1';
const PEER: PeerInfo = {
  id: ID,
  clusterKey: '',
  enabled: false,
  replicateAll: false,
  tables: [],
  namespaces: [],
  excludeTables: [],
  excludeNamespaces: [],
  serial: false,
  endpoint: 'VerifyWALEntriesReplicationEndpoint',
};

function queueOf(server: string, names: string[], changes: Partial<HeldQueue> = {}): HeldQueue {
  const wals = names.map((name) => ({ name, group: 'g', startedMs: 1, closed: true, path: `/${name}`, bytes: 1 }));
  return { queue: ID, server, live: true, recovered: false, wals, ...changes };
}

function factsOf(changes: Partial<HolderFacts> = {}): HolderFacts {
  return {
    last: tickOf({ held: [{ server: 'a', name: 'w1', startedMs: 1 }] }),
    oldest: { number: 1, id: ID, stages: new Set(['noted', 'held']) },
    peers: [PEER],
    held: [queueOf('a', ['w1', 'w2'])],
    servers: { liveServers: ['a'], newestWals: [{ server: 'a', group: 'g', name: 'w2', startedMs: 2 }] },
    archived: new Set(),
    ...changes,
  };
}

describe('judgeContinuity', () => {
  it('nothing is lost while the holder stands and its first WALs are still queued', () => {
    expect(judgeContinuity(factsOf())).toEqual([]);
  });

  it('a WAL in the queue of a dead server, in a recovered queue, or in the archive is not lost', () => {
    const newestWals = [{ server: 'b', group: 'g', name: 'w9', startedMs: 9 }];
    const servers = { liveServers: ['b'], newestWals };
    const own = queueOf('b', ['w9']);
    for (const changes of [
      { held: [own, queueOf('a', ['w1'], { live: false })] },
      { held: [own, queueOf('b', ['w1'], { recovered: true })] },
      { held: [own], archived: new Set(['w1']) },
    ]) {
      expect(judgeContinuity(factsOf({ servers, ...changes }))).toEqual([]);
    }
  });

  it.each<[string, Partial<HolderFacts>, string]>([
    ['no holder', { oldest: undefined }, 'no holder was left'],
    ['a removed peer', { peers: [] }, 'removed the holder'],
    ['an enabled peer', { peers: [{ ...PEER, enabled: true }] }, 'enabled the holder'],
    ['another kind of peer', { peers: [omitEndpoint()] }, 'made another peer'],
    [
      'a WAL that was let go',
      { held: [queueOf('a', ['w2'])] },
      '1 WALs were let go before they were archived, first w1',
    ],
    [
      'a live server without a queue',
      { servers: { liveServers: ['a', 'b'], newestWals: [{ server: 'b', group: 'g', name: 'w3', startedMs: 3 }] } },
      'b keeps no WALs',
    ],
  ])('%s is a gap', (_, changes, why) => {
    expect(judgeContinuity(factsOf(changes))).toEqual([expect.stringContaining(why)]);
  });

  it('a live server that has written nothing yet needs no queue', () => {
    const servers = { liveServers: ['a', 'new'], newestWals: [{ server: 'a', group: 'g', name: 'w2', startedMs: 2 }] };
    expect(judgeContinuity(factsOf({ servers }))).toEqual([]);
  });
});

function omitEndpoint(): PeerInfo {
  const { endpoint: _own, ...plain } = PEER;
  return plain;
}
