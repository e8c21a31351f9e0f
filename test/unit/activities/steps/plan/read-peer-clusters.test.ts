import { expect, it } from 'vitest';
import { Failure } from '../../../../../activities/failure.ts';
import { readPeerClusters } from '../../../../../activities/steps/plan/read-peer-clusters.ts';
import { createPlainContext } from '../../../../../activities/step-context.ts';
import { createVirtualClock } from '../../../../model/clock.ts';
import { createModelDeps } from '../../../../model/model-deps.ts';
import { tableSpec } from '../../../../model/model-fixture.ts';
import { createRandom } from '../../../../model/random.ts';
import { createModelWorld } from '../../../../model/world.ts';
import { healthyFacts } from '../../../../support/preflight-facts.ts';

const TABLE = 'shop:orders';

/** A wave of one table, and a peer of the source to a third cluster of the clusters file. */
async function createPair(clusterKey: string) {
  const clock = createVirtualClock();
  const random = createRandom(1);
  const world = createModelWorld({ clusters: ['old', 'site', 'new'], clock, random });
  const link = { clock, random, decide: () => ({ kind: 'none' as const }), isAlive: () => true };
  const runCommand = () => Promise.resolve({ exitCode: 0, outputTail: '' });
  const deps = createModelDeps({ world, link, random, runCommand });
  const facts = healthyFacts();
  const lists = { tables: [], namespaces: [], excludeTables: [], excludeNamespaces: [] };
  facts.source.facts.peers.push({ ...lists, id: 'dr', clusterKey, enabled: true, replicateAll: true, serial: false });
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    void work.catch(() => undefined).then(() => (done = true));
    await clock.runUntil(() => done);
    return work;
  };
  const { cluster } = world.member('site');
  await settle(cluster.createNamespace('shop'));
  await settle(cluster.createTable(tableSpec(TABLE)));
  const ctx = createPlainContext({ nowMs: () => clock.nowMs(), sleep: (ms) => clock.sleep(ms) });
  return { facts, stepWorld: { ctx, deps }, settle };
}

it('a peer to a cluster of the clusters file: it is asked for the tables, under its own spelling of the key', async () => {
  const { facts, stepWorld, settle } = await createPair('ZK-site:2181:/hbase');
  expect(await settle(readPeerClusters(facts, stepWorld))).toEqual([
    { clusterKey: 'ZK-site:2181:/hbase', name: 'site', tables: [{ table: TABLE, families: ['d'] }] },
  ]);
});

it('a peer to another cluster: is not known, and a cluster that did not answer is named', async () => {
  const { facts, stepWorld, settle } = await createPair('elsewhere:2181:/hbase');
  expect(await settle(readPeerClusters(facts, stepWorld))).toEqual([
    { clusterKey: 'elsewhere:2181:/hbase', tables: [] },
  ]);
  const silent = {
    ...stepWorld.deps,
    cluster: () => Promise.reject(new Failure('ssh.unreachable', 'site: no answer')),
  };
  expect(await readPeerClusters(facts, { ...stepWorld, deps: silent })).toMatchObject([
    { why: expect.stringContaining('site: no answer') },
  ]);
});

it('no peer that the run would make ship anything: nobody is asked', async () => {
  const { facts, stepWorld } = await createPair('zk-site:2181:/hbase');
  facts.tables[0]!.source.families = facts.tables[0]!.source.families.map((family) => ({ ...family, scope: 1 }));
  expect(await readPeerClusters(facts, stepWorld)).toEqual([]);
});
