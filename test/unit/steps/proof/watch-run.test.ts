import { describe, expect, it } from 'vitest';
import { watchRun } from '../../../../activities/steps/proof/watch-run.ts';
import type { WatchEvent, WatchRunInput } from '../../../../workflows/contract/step-data.ts';
import type { DecideFault } from '../../../model/faults.ts';
import { createStepsFixture, PEER, PEER_ID, type StepsFixture, TABLE } from '../steps-fixture.ts';

const toInput = (fixture: StepsFixture, seen: string[] = [], sinceMs = fixture.clock.nowMs()): WatchRunInput => ({
  run: fixture.run,
  peerIds: [PEER_ID],
  tables: [fixture.table],
  sinceMs,
  seen,
});

const watch = (fixture: StepsFixture, seen?: string[], sinceMs?: number): Promise<WatchEvent> =>
  watchRun.run(toInput(fixture, seen, sinceMs), fixture.stepWorld);

/** What a look of each kind asks. */
const VERBS = { readFacts: 'disk', readPeerLags: 'peers', readTable: 'schemas', findBulkLoads: 'writes' };

const refusing =
  (refused: string): DecideFault =>
  ({ verb }) => ({ kind: verb === refused ? 'refused' : 'none' });

async function eventAfter(fixture: StepsFixture, change: () => Promise<void> | void): Promise<WatchEvent> {
  const watching = watch(fixture);
  await fixture.clock.runFor(20_000);
  await fixture.settle(Promise.resolve(change()));
  return fixture.settle(watching);
}

const loadInBulk = ({ old }: StepsFixture): void =>
  old.bulkLoad(TABLE, [{ row: 'aa', family: 'd', qualifier: '61', value: '61' }]);

const writeUnlogged = ({ old }: StepsFixture): void => {
  old.mutate(TABLE, { row: '01', family: 'd', qualifier: '61', type: 'put', value: '61', skipWal: true });
};

async function returnsWithin(fixture: StepsFixture, seen: string[], sinceMs?: number): Promise<boolean> {
  const watching = watch(fixture, seen, sinceMs).then(() => true);
  await fixture.clock.runFor(60_000);
  return Promise.race([watching, Promise.resolve(false)]);
}

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
      ['unlogged-writes', writeUnlogged],
      [`bulk-load:${TABLE}`, loadInBulk],
    ];
    for (const [key, change] of changes) {
      const fixture = await createStepsFixture();
      await fixture.replicate();
      expect((await eventAfter(fixture, () => change(fixture))).key).toContain(key);
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

  it('files of a bulk load that nobody fetches: said after five minutes, since no drain can be proven', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const startedMs = fixture.clock.nowMs();
    const event = await eventAfter(fixture, () => void fixture.old.state.hfileRefs.set(PEER_ID, 3));
    expect(event).toMatchObject({
      key: `hfile-refs:${PEER_ID}`,
      message: expect.stringContaining('3 bulk-loaded files'),
    });
    expect(fixture.clock.nowMs() - startedMs).toBeGreaterThan(300_000);
  });

  it('a second bulk load, after the first was said: said too', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const sinceMs = fixture.clock.nowMs();
    const again = (seen: string[]) => fixture.settle(watch(fixture, seen, sinceMs));
    loadInBulk(fixture);
    const first = await again([]);
    await fixture.clock.runFor(5_000);
    loadInBulk(fixture);
    const second = await again([first.key]);
    expect(second).toMatchObject({ kind: 'bulk-load', table: TABLE });
    expect(second.key).not.toBe(first.key);
    expect(await returnsWithin(fixture, [first.key, second.key], sinceMs)).toBe(false);
  });

  it('unlogged writes while nobody watched: said by the next attempt', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    writeUnlogged(fixture);
    void watch(fixture);
    await fixture.clock.runFor(5_000);
    writeUnlogged(fixture);
    const event = await fixture.settle(watch(fixture));
    expect(event).toMatchObject({ key: 'unlogged-writes', message: expect.stringContaining(' 1 mutations') });
  });

  it('unlogged writes that were proven since: not said, until more come', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const look = async (more: Partial<WatchRunInput> = {}): Promise<WatchEvent> =>
      fixture.settle(watchRun.run({ ...toInput(fixture), once: true, ...more }, fixture.stepWorld));
    await look();
    writeUnlogged(fixture);
    const { events, unlogged } = await look();
    expect(events?.map(({ key }) => key)).toEqual(['unlogged-writes']);
    expect((await look({ unloggedFrom: unlogged! })).events).toEqual([]);
    writeUnlogged(fixture);
    expect((await look({ unloggedFrom: unlogged! })).events).toMatchObject([{ key: 'unlogged-writes' }]);
  });

  it('unlogged writes after a region has left, which took its count along: said', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    writeUnlogged(fixture);
    const watching = watch(fixture);
    await fixture.clock.runFor(5_000);
    const counts = fixture.old.state.unloggedMutations;
    const [[server]] = [...counts] as [[string, number]];
    counts.set(server, 0);
    await fixture.clock.runFor(35_000);
    counts.set(server, 1);
    expect((await fixture.settle(watching)).key).toBe('unlogged-writes');
  });

  it('metrics that cannot be read: said at the start at once, later when they stay so', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    fixture.old.state.traits.metricsOpen = false;
    expect(await fixture.settle(watch(fixture))).toMatchObject({
      kind: 'metrics-unreadable',
      message: expect.stringMatching(/^old: the metrics of rs1-old.* and 1 more cannot be read/),
    });
    const other = await createStepsFixture();
    await other.replicate();
    const watching = watch(other);
    await other.clock.runFor(10_000);
    const closedMs = other.clock.nowMs();
    other.old.state.traits.metricsOpen = false;
    expect(await other.settle(watching)).toMatchObject({ key: 'metrics-unreadable' });
    expect(other.clock.nowMs() - closedMs).toBeGreaterThan(60_000);
  });

  it('a peer that is not ours and falls behind: said once, our own never', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await fixture.settle(
      fixture.old.cluster.addPeer({ ...PEER, id: 'reports', tables: [{ table: 'x', families: [] }] }),
    );
    await fixture.settle(fixture.old.cluster.enablePeer('reports'));
    const behind = (peer: string) => ({ server: 'rs1-old', peer, lagMs: 900_000, queuedWals: 4 });
    const event = await eventAfter(
      fixture,
      () => void fixture.old.state.otherPeerLags.push(behind(PEER_ID), behind('reports')),
    );
    expect(event).toMatchObject({ key: 'peer-lags:reports', message: expect.stringContaining('15 min on rs1-old') });
    expect(await returnsWithin(fixture, [event.key])).toBe(false);
  });

  it('an event that was seen: not returned again', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await fixture.settle(fixture.old.cluster.removePeer(PEER_ID));
    expect(await returnsWithin(fixture, [`peer-changed:${PEER_ID}:removed`])).toBe(false);
  });

  it('a cluster that does not answer for a minute: no event', async () => {
    const fixture = await createStepsFixture({ decide: refusing('readPeerQueues') });
    await fixture.replicate();
    expect(await returnsWithin(fixture, [])).toBe(false);
  });

  it('looks of one kind that fail for longer: said by name, also while those of the others go well', async () => {
    for (const [verb, kind] of Object.entries(VERBS)) {
      const fixture = await createStepsFixture({ decide: refusing(verb) });
      await fixture.replicate();
      const startedMs = fixture.clock.nowMs();
      const event = await fixture.settle(watch(fixture));
      expect(event).toMatchObject({ key: `watch-blind:${kind}`, kind: 'watch-blind' });
      expect(event.message).toContain('the connection broke');
      expect(fixture.clock.nowMs() - startedMs).toBeLessThan(300_000);
      expect(await returnsWithin(fixture, [event.key])).toBe(false);
    }
  });

  it('a look that hangs: said, and the others go on', async () => {
    const fixture = await createStepsFixture({
      decide: ({ verb }) => (verb === 'findBulkLoads' ? { kind: 'delayed', ms: 86_400_000 } : { kind: 'none' }),
    });
    await fixture.replicate();
    const event = await fixture.settle(watch(fixture));
    expect(event).toMatchObject({ key: 'watch-blind:writes', message: expect.stringContaining('has not ended') });
    const next = eventAfter(fixture, () => fixture.old.cluster.removePeer(PEER_ID));
    expect((await next).key).toBe(`peer-changed:${PEER_ID}:removed`);
  });

  it('a look that succeeds again: takes its blindness back', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const event = await fixture.settle(watch(fixture, ['watch-blind:writes']));
    expect(event).toMatchObject({ key: 'watch-blind:writes', kind: 'watch-blind', gone: true });
  });

  it('a peer that is set right again: taken back; one that was removed or is disabled still: not', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const widened = `peer-changed:${PEER_ID}:widened`;
    expect(await fixture.settle(watch(fixture, [widened]))).toMatchObject({ key: widened, gone: true });
    expect(await returnsWithin(fixture, [`peer-changed:${PEER_ID}:removed`])).toBe(false);
    const disabled = `peer-changed:${PEER_ID}:disabled`;
    await fixture.settle(fixture.old.cluster.disablePeer(PEER_ID));
    const watching = watch(fixture, [disabled]);
    await fixture.clock.runFor(60_000);
    await fixture.settle(fixture.old.cluster.enablePeer(PEER_ID));
    expect(await fixture.settle(watching)).toMatchObject({ key: disabled, gone: true });
  });

  it('a schema of the target that differs still, for a watch that began later: not taken back', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const key = `schema-changed:new:${TABLE}`;
    fixture.table.schemaDigest = 'planned';
    expect(await returnsWithin(fixture, [key, `schema-changed:old:${TABLE}`])).toBe(false);
  });

  it('once: answers with all that is new, that is over, and that cannot be seen', async () => {
    const fixture = await createStepsFixture({ decide: refusing('findBulkLoads') });
    await fixture.replicate();
    await fixture.settle(fixture.old.cluster.removePeer(PEER_ID));
    const { events, kind } = await fixture.settle(
      watchRun.run({ ...toInput(fixture, ['watch-blind:disk']), once: true }, fixture.stepWorld),
    );
    expect(kind).toBe('looked');
    expect(events?.map(({ key, gone }) => [key, gone === true])).toEqual([
      ['watch-blind:disk', true],
      [`peer-changed:${PEER_ID}:removed`, false],
      ['watch-blind:writes', false],
    ]);
  });
});
