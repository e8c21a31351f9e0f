import { describe, expect, it } from 'vitest';
import { createModelFixture, put, readValues, tableSpec, type ModelFixture } from './model-fixture.ts';

const peerOf = (fixture: ModelFixture) => ({
  id: 'p1',
  clusterKey: fixture.new.state.clusterKey,
  tables: [
    { table: 'a', families: [] },
    { table: 'b', families: [] },
  ],
});

async function setUp(scope = 1, traits = {}): Promise<ModelFixture> {
  const fixture = createModelFixture(traits);
  for (const table of ['a', 'b']) {
    await fixture.settle(fixture.old.cluster.createTable(tableSpec(table, scope)));
    await fixture.settle(fixture.new.cluster.createTable(tableSpec(table)));
  }
  await fixture.settle(fixture.old.cluster.addPeer(peerOf(fixture)));
  return fixture;
}

const heldWals = async ({ old }: ModelFixture): Promise<number> =>
  (await old.cluster.readPeerQueues('p1')).queues.reduce((sum, { wals }) => sum + wals.length, 0);

describe('replication in the model', () => {
  it('a peer is born disabled and holds every WAL until it is enabled', async () => {
    const fixture = await setUp();
    const { old, clock } = fixture;
    put(old, 'a', ['10', '01']);
    await old.cluster.rollWals();
    await clock.runFor(5_000);
    expect(await heldWals(fixture)).toBe(4);
    await fixture.settle(old.cluster.enablePeer('p1'));
    await clock.runFor(5_000);
    expect(await heldWals(fixture)).toBe(2);
    expect(await readValues(fixture.new.cluster, 'a', '10')).toEqual(['01']);
  });

  it('a roll has not happened when its call returns', async () => {
    const fixture = await setUp();
    const before = (await fixture.old.cluster.readPeerQueues('p1')).newestWals;
    await fixture.old.cluster.rollWals();
    expect((await fixture.old.cluster.readPeerQueues('p1')).newestWals).toEqual(before);
    await fixture.clock.runFor(3_000);
    expect((await fixture.old.cluster.readPeerQueues('p1')).newestWals).not.toEqual(before);
  });

  it('an edit written without scope is never shipped, also when the scope is set later', async () => {
    const fixture = await setUp(0);
    const { old, clock } = fixture;
    put(old, 'a', ['10', '01']);
    await fixture.settle(old.cluster.alterTable('a', { scopes: { d: 1 } }));
    put(old, 'a', ['11', '02']);
    await fixture.settle(old.cluster.enablePeer('p1'));
    await clock.runFor(5_000);
    expect(await readValues(fixture.new.cluster, 'a', '10')).toEqual([]);
    expect(await readValues(fixture.new.cluster, 'a', '11')).toEqual(['02']);
  });

  it.each(['missing', 'disabled', 'readonly'])(
    'a target table that is %s blocks the queue for the other tables',
    async (how) => {
      const fixture = await setUp();
      const { old, clock } = fixture;
      const target = fixture.new.cluster;
      if (how === 'readonly') await fixture.settle(target.alterTable('a', { readOnly: true }));
      else await fixture.settle(target.disableTable('a'));
      if (how === 'missing') await fixture.settle(target.deleteTable('a'));
      put(old, 'a', ['10', '01']);
      put(old, 'b', ['10', '02']);
      await fixture.settle(old.cluster.enablePeer('p1'));
      await clock.runFor(60_000);
      expect(await readValues(target, 'b', '10')).toEqual([]);
      if (how === 'disabled') await fixture.settle(target.enableTable('a'));
      if (how === 'readonly') await fixture.settle(target.alterTable('a', { readOnly: false }));
      if (how === 'missing') await fixture.settle(target.createTable(tableSpec('a')));
      await clock.runFor(20_000);
      expect(await readValues(target, 'b', '10')).toEqual(['02']);
    },
  );

  it("a dead server's queue stays under its name before it is claimed, and then ships", async () => {
    const fixture = await setUp();
    const { old, clock } = fixture;
    put(old, 'a', ['10', '01']);
    put(old, 'a', ['90', '02']);
    const [victim] = (await old.cluster.readFacts()).liveServers;
    old.killServer(victim ?? '');
    await fixture.settle(old.cluster.enablePeer('p1'));
    await clock.runFor(10_000);
    const dead = (await old.cluster.readPeerQueues('p1')).queues.filter(({ server }) => server === victim);
    expect(dead).toMatchObject([{ queue: 'p1', recovered: false }]);
    await clock.runFor(25_000);
    const values = await Promise.all(['10', '90'].map((row) => readValues(fixture.new.cluster, 'a', row)));
    expect(values).toEqual([['01'], ['02']]);
  });

  it('a recovered queue is named after its dead server and goes when it has shipped', async () => {
    const fixture = await setUp(1, { queueClaimMs: 1_000 });
    const { old, clock } = fixture;
    const [victim] = (await old.cluster.readFacts()).liveServers;
    old.killServer(victim ?? '');
    await clock.runFor(2_000);
    const queues = async () => (await old.cluster.readPeerQueues('p1')).queues.map(({ queue }) => queue);
    expect(await queues()).toContain(`p1-${victim}`);
    await fixture.settle(old.cluster.enablePeer('p1'));
    await clock.runFor(5_000);
    expect(await queues()).not.toContain(`p1-${victim}`);
  });

  it('refuses a hyphen in the id, a second peer of the id, and turning it to what it is', async () => {
    const { old, settle, ...fixture } = await setUp();
    const peer = peerOf({ old, settle, ...fixture });
    await expect(settle(old.cluster.addPeer({ ...peer, id: 'p-1' }))).rejects.toThrow('invalid peer name');
    await expect(settle(old.cluster.addPeer(peer))).rejects.toThrow('already exists');
    await expect(settle(old.cluster.disablePeer('p1'))).rejects.toThrow('already been disabled');
    await expect(settle(old.cluster.addPeer({ ...peer, id: 'p2', clusterKey: 'nowhere' }))).rejects.toThrow(
      'peerClusterId',
    );
  });

  it('on the 1.x line servers hear of a peer only later', async () => {
    const fixture = await setUp(1, { lineOne: true });
    expect((await fixture.old.cluster.listPeers())[0]?.enabled).toBe(false);
    expect((await fixture.old.cluster.readPeerQueues('p1')).queues.length).toBeLessThan(2);
    await fixture.clock.runFor(4_000);
    expect((await fixture.old.cluster.readPeerQueues('p1')).queues).toHaveLength(2);
  });

  it('finds bulk loads in logs written since, also through a READONLY fence', async () => {
    const fixture = await setUp();
    await fixture.settle(fixture.old.cluster.alterTable('a', { readOnly: true }));
    const sinceMs = fixture.clock.nowMs();
    fixture.old.bulkLoad('a', [{ row: '10', family: 'd', qualifier: '61', value: 'ff' }]);
    expect(await readValues(fixture.old.cluster, 'a', '10')).toEqual(['ff']);
    expect(await fixture.old.cluster.findBulkLoads(['a', 'b'], sinceMs)).toMatchObject([{ table: 'a', files: 1 }]);
    const [{ lastAtMs } = { lastAtMs: 0 }] = await fixture.old.cluster.findBulkLoads(['a'], sinceMs);
    expect(await fixture.old.cluster.findBulkLoads(['a'], lastAtMs + 1)).toEqual([]);
  });
});
