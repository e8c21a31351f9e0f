import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HBaseCluster, PeerLag, PeerQueues } from '../../../activities/hbase/cluster.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { sharedSandbox } from '../support.ts';
import { defineBackupVerbTests } from './backup-verb-tests.ts';
import { type OpenedClusters, newNamespace, openClusters, withNamespace } from './open-clusters.ts';
import { defineVerbTests, digestWhole } from './verb-tests.ts';

let opened: OpenedClusters;

beforeAll(() => {
  opened = openClusters(sharedSandbox().clustersFile);
});

afterAll(() => opened[Symbol.asyncDispose]());

describe('the source', () => {
  defineVerbTests(() => opened.cluster('old'));
  defineBackupVerbTests(() => ({ cluster: opened.cluster('old'), gateway: opened.gateway('old') }));
});

describe('the target', () => {
  defineVerbTests(() => opened.cluster('new'));
  defineBackupVerbTests(() => ({ cluster: opened.cluster('new'), gateway: opened.gateway('new') }));
});

describe('replication', () => {
  test('a peer is born disabled, holds the WALs, ships when enabled, and both sides digest alike', async () => {
    const source = opened.cluster('old');
    const target = opened.cluster('new');
    const { clusterKey } = await target.readFacts();
    await withNamespace(source, newNamespace(), (namespace) =>
      withNamespace(target, namespace, async () => {
        const table = `${namespace}:t`;
        const id = `p_${namespace}`;
        const spec = { table, families: [{ name: 'a', scope: 1, maxVersions: 3 }], splitKeys: ['80'] };
        await source.createTable(spec);
        await target.createTable(spec);
        await source.addPeer({ id, clusterKey, tables: [{ table, families: [] }] });
        try {
          const peer = (await source.listPeers()).find((candidate) => candidate.id === id);
          expect(peer).toMatchObject({
            clusterKey,
            enabled: false,
            replicateAll: false,
            tables: [{ table, families: [] }],
          });
          await waitForQueues(source, id, coversEveryServer);

          for (let i = 0; i < 50; i++) {
            await source.putRow(table, {
              row: (i * 5).toString(16).padStart(2, '0'),
              family: 'a',
              qualifier: 'q',
              value: '01',
            });
          }
          await source.rollWals();
          const held = await waitForQueues(source, id, ({ queues }) => queues.some(({ wals }) => wals.length > 1));
          expect(held.bytes).toBeGreaterThan(0);
          expect((await digestWhole(target, table)).rows).toBe(0);

          await source.enablePeer(id);
          const lags = await waitForLags(source, id);
          expect(lags.map(({ server }) => server)).toEqual((await source.readFacts()).liveServers);
          for (const { lagMs } of lags) expect(lagMs).toBeGreaterThanOrEqual(0);
          const drained = await waitForQueues(source, id, isDrained);
          expect(drained).toMatchObject({ crashingServers: [], hfileRefs: 0 });
          expect(await digestWhole(target, table)).toEqual(await digestWhole(source, table));
          expect(await source.findBulkLoads([table], Date.now() - 600_000)).toEqual([]);
        } finally {
          await source.disablePeer(id);
          await source.removePeer(id);
        }
        expect((await source.listPeers()).map((peer) => peer.id)).not.toContain(id);
      }),
    );
  });
});

/** A server's report to the master is up to 3 s old. */
function waitForLags(cluster: HBaseCluster, id: string): Promise<PeerLag[]> {
  const read = async (): Promise<PeerLag[] | undefined> => {
    const lags = (await cluster.readPeerLags()).filter(({ peer }) => peer === id);
    return lags.length > 0 ? lags : undefined;
  };
  return waitUntil(read, { what: `lags of ${id}`, timeoutMs: 30_000, pollMs: 500 });
}

function waitForQueues(
  cluster: HBaseCluster,
  id: string,
  accept: (queues: PeerQueues) => boolean,
): Promise<PeerQueues> {
  let last: PeerQueues | undefined;
  return waitUntil(
    async () => {
      // On 2.x the queue store itself appears with the first peer.
      last = await cluster.readPeerQueues(id).catch(() => undefined);
      return last !== undefined && accept(last) ? last : undefined;
    },
    { what: `queues of ${id}`, timeoutMs: 90_000, pollMs: 200, describe: () => JSON.stringify(last) },
  );
}

function coversEveryServer({ liveServers, queues, newestWals }: PeerQueues): boolean {
  const held = new Set(queues.flatMap(({ wals }) => wals.map(({ name }) => name)));
  return liveServers.length === queues.length && newestWals.every(({ name }) => held.has(name));
}

/** Enough for a quiet cluster; the product's own judgement is `is-drained`. */
function isDrained(queues: PeerQueues): boolean {
  return coversEveryServer(queues) && queues.queues.every(({ wals }) => wals.length === 1);
}
