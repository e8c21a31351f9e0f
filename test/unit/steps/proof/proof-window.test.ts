import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../activities/failure.ts';
import type { HBaseCluster } from '../../../../activities/hbase/cluster.ts';
import { settleNotes } from '../../../../activities/steps/cleanup/settle-notes.ts';
import { closeProofWindow } from '../../../../activities/steps/proof/close-proof-window.ts';
import { compareInsideFence } from '../../../../activities/steps/proof/compare-inside-fence.ts';
import { compareTouchedRows } from '../../../../activities/steps/proof/compare-touched-rows.ts';
import { openProofWindow } from '../../../../activities/steps/proof/open-proof-window.ts';
import { toWindowMs } from '../../../../activities/steps/proof/predict-window.ts';
import type { VerificationVerdict } from '../../../../workflows/contract/status.ts';
import type { TouchedVerdicts } from '../../../../workflows/contract/proof-window.ts';
import type { Mutation } from '../../../model/writes.ts';
import { createStepsFixture, type FixtureOptions, PEER_ID, type StepsFixture, TABLE, toRow } from '../steps-fixture.ts';

const REVERSED_TIME = 9223370276854775807n;

/** Replicating, proven until now, and long enough after what was written first. */
async function provenFixture(traits: FixtureOptions['traits'] = {}): Promise<StepsFixture> {
  const fixture = await createStepsFixture({ traits: { rollDelayMs: 100, ...traits } });
  await fixture.replicate(20);
  await fixture.call(openProofWindow, { run: fixture.run, window: { next: 1 } });
  await fixture.clock.runFor(60_000);
  return fixture;
}

/** Changes one side only, as no replication ever would. */
function mutateTarget(fixture: StepsFixture, mutation: Partial<Mutation> & { row: string }): void {
  fixture.new.mutate(TABLE, { family: 'd', qualifier: '61', type: 'put', value: 'ee', ...mutation });
}

async function renew(fixture: StepsFixture, window = { held: 1, next: 2 }): Promise<TouchedVerdicts> {
  const { run, table } = fixture;
  const sinceMs = fixture.clock.nowMs();
  const { heldFromMs } = await fixture.call(openProofWindow, { run, window });
  const tables = [{ table, sinceMs, peerId: PEER_ID }];
  const input = { run, window: { ...window, heldFromMs }, tables, level: 'cells' as const, showKeys: true };
  return fixture.call(compareTouchedRows, input);
}

function compareFenced(fixture: StepsFixture): Promise<VerificationVerdict[]> {
  const { run, table } = fixture;
  const tables = [{ table, sinceMs: fixture.clock.nowMs(), cells: 20 }];
  const rules = { level: 'cells' as const, fullInsideFenceCells: 0, showKeys: true };
  return fixture.call(compareInsideFence, { run, window: { held: 1 }, tables, ...rules });
}

const listHolders = async ({ cluster }: { cluster: HBaseCluster }): Promise<string[]> =>
  (await cluster.listPeers()).map(({ id }) => id).filter((id) => /_w\d+$/.test(id));

/** Each is in no scan by the time of cells since the last proof. */
const ODD: [string, Partial<Mutation> & { row: string }][] = [
  ['a delete of one version, which takes the time of its cell', { row: toRow(7), type: 'delete' }],
  ['a back-dated put', { row: toRow(7), qualifier: '62', timestampMs: 1_000 }],
  ['a put with a reversed time', { row: toRow(7), timestampMs: Number(REVERSED_TIME) }],
];

describe('the window of a proof', () => {
  for (const [what, mutation] of ODD) {
    it(`${what}, on the target only: found by the renewal, and inside the fence`, async () => {
      const fixture = await provenFixture();
      mutateTarget(fixture, mutation);
      const [verdict] = (await renew(fixture)).verdicts;
      expect(verdict).toMatchObject({ result: 'different', scope: 'window', exampleKeys: [toRow(7)] });
      expect(await compareFenced(fixture)).toMatchObject([{ result: 'different', exampleKeys: [toRow(7)] }]);
    });
  }

  it('rows that arrive on the target are equal, each is compared, and the proof reaches to the next window', async () => {
    const fixture = await provenFixture();
    for (let at = 0; at < 30; at += 1) fixture.write(toRow(at), 'cd');
    await fixture.clock.runFor(1_000);
    const startedMs = fixture.clock.nowMs();
    const { verdicts, failures, walBytes } = await renew(fixture);
    expect(failures).toEqual([]);
    expect(verdicts).toMatchObject([{ table: TABLE, result: 'equal', rowsSource: 30, rowsTarget: 30 }]);
    expect(verdicts[0]?.provenUntilMs).toBeGreaterThan(startedMs - 5_000);
    expect(walBytes).toBeGreaterThan(0);
  });

  it('one window follows the other: what is written between two renewals is in the second, and one holder stays', async () => {
    const fixture = await provenFixture();
    await renew(fixture);
    mutateTarget(fixture, { row: toRow(3), type: 'delete' });
    await fixture.call(closeProofWindow, { run: fixture.run, keep: 2 });
    for (const member of [fixture.old, fixture.new]) expect(await listHolders(member)).toEqual([`${PEER_ID}_w2`]);
    const [verdict] = (await renew(fixture, { held: 2, next: 3 })).verdicts;
    expect(verdict).toMatchObject({ result: 'different', exampleKeys: [toRow(3)] });
  });

  it('a renewal that did not end: the next one reads all of it, and lets go of the holder between', async () => {
    const fixture = await provenFixture();
    mutateTarget(fixture, { row: toRow(3), type: 'delete' });
    await fixture.call(openProofWindow, { run: fixture.run, window: { held: 1, next: 2 } });
    const [verdict] = (await renew(fixture, { held: 1, next: 3 })).verdicts;
    expect(verdict).toMatchObject({ result: 'different', exampleKeys: [toRow(3)] });
    expect(await listHolders(fixture.new)).toEqual([`${PEER_ID}_w1`, `${PEER_ID}_w3`]);
  });

  it('what a server wrote before it died is in the window', async () => {
    const fixture = await provenFixture({ servers: 2, queueClaimMs: 3_000, crashMs: 1_000, restartMs: 2_000 });
    for (let at = 0; at < 20; at += 1) mutateTarget(fixture, { row: toRow(at), type: 'delete' });
    fixture.new.killServer();
    await fixture.clock.runFor(20_000);
    expect((await renew(fixture)).verdicts).toMatchObject([{ result: 'different', differentRows: 20 }]);
  });

  it('a WAL that cannot be read: a failure that names it and its server, never an empty one', async () => {
    const fixture = await provenFixture();
    mutateTarget(fixture, { row: toRow(3), type: 'delete' });
    const deps = {
      ...fixture.deps,
      cluster: async (name: string): Promise<HBaseCluster> => ({
        ...(await fixture.deps.cluster(name)),
        readWalRows: () => Promise.reject(new Failure('hbase.failed', 'IOException: no codec')),
      }),
    };
    const broken: StepsFixture = {
      ...fixture,
      call: (activity, input) => fixture.settle(activity.run(input, { ...fixture.stepWorld, deps })),
    };
    const failure = {
      code: 'verify.unreadable',
      message: expect.stringMatching(/^\w+: the WAL \S+ of \S+ cannot be read.*no codec/),
    };
    await expect(renew(broken)).rejects.toMatchObject(failure);
  });

  it('a holder that somebody enabled for a moment, or removed: its WALs are gone, and that is told', async () => {
    const fixture = await provenFixture();
    const { cluster } = fixture.new;
    const id = `${PEER_ID}_w1`;
    await fixture.settle(cluster.rollWals());
    await fixture.clock.runFor(1_000);
    await fixture.settle(cluster.enablePeer(id));
    await fixture.clock.runFor(5_000);
    await expect(renew(fixture)).rejects.toMatchObject({
      code: 'verify.unreadable',
      message: expect.stringContaining('enabled'),
    });
    await fixture.settle(cluster.disablePeer(id));
    await expect(renew(fixture)).rejects.toMatchObject({ message: expect.stringContaining('was let go') });
    await fixture.settle(cluster.removePeer(id));
    await expect(renew(fixture)).rejects.toMatchObject({ message: expect.stringContaining(`removed the peer ${id}`) });
  });

  for (const outcome of ['undone', 'completed'] as const) {
    it(`the holders are settled with the run (${outcome})`, async () => {
      const fixture = await provenFixture();
      for (const side of ['source', 'target'] as const) {
        const input = { run: fixture.run, side, kind: 'wal-holder', outcome } as const;
        expect(await fixture.call(settleNotes, input)).toMatchObject({ settled: [{ subject: `${PEER_ID}_w1` }] });
      }
      for (const member of [fixture.old, fixture.new]) expect(await listHolders(member)).toEqual([]);
    });
  }
});

describe('toWindowMs', () => {
  it('the time of a window: by the rate of the last one, never by a better one than the guess it begins with', () => {
    expect(toWindowMs(50_000_000, {})).toBe(10_000);
    expect(toWindowMs(50_000_000, { walBytes: 20_000_000, lookMs: 10_000 })).toBe(50_000);
    expect(toWindowMs(50_000_000, { walBytes: 20_000_000, lookMs: 10 })).toBe(10_000);
    expect(toWindowMs(0, { walBytes: 20_000_000, lookMs: 10 })).toBe(0);
  });
});
