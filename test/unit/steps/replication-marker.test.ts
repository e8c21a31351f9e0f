import { describe, expect, it } from 'vitest';
import { auditLeaks } from '../../../activities/steps/cleanup/audit-leaks.ts';
import { settleNotes } from '../../../activities/steps/cleanup/settle-notes.ts';
import { proveDrained } from '../../../activities/steps/cutover/prove-drained.ts';
import { judgeMarkerTakers } from '../../../activities/steps/proof/watch-peers.ts';
import { createMarkerTable } from '../../../activities/steps/replication/create-marker-table.ts';
import { waitForCatchUp } from '../../../activities/steps/replication/wait-for-catch-up.ts';
import { addOtherPeer } from '../../model/replication.ts';
import { createStepsFixture, MARKER, PEER, PEER_ID, RUN_ID, TABLE, type StepsFixture } from './steps-fixture.ts';

/** Somebody's new peer for all tables but the wave, made when the run has begun. */
function addTaker({ old, new: target, settle }: StepsFixture): Promise<void> {
  const excludeTables = [{ table: TABLE, families: [] }];
  const peer = { id: 'dr', clusterKey: target.state.clusterKey, replicateAll: true, excludeTables };
  return settle(addOtherPeer(old.state, peer));
}

const markerCells = ({ old }: StepsFixture): number => {
  const entries = old.state.wals.flatMap(({ entries: all }) => all);
  return entries.filter(({ table }) => table === MARKER).length;
};

describe("a peer that takes the run's own table, made after the plan", () => {
  it('the table is not there yet: it is not made, and the peer is named', async () => {
    const fixture = await createStepsFixture();
    await addTaker(fixture);
    const { run } = fixture;
    const table = `thb_${RUN_ID}_marker_2`;
    const make = fixture.call(createMarkerTable, { run, side: 'source', table, splitKeys: [], peerId: PEER_ID });
    await expect(make).rejects.toMatchObject({
      code: 'peer.changed',
      message: expect.stringContaining('Peer dr of old'),
    });
    expect(await fixture.old.cluster.readTable(table)).toBeUndefined();
  });

  it('the table is there: nothing more is written into it, and the queues prove alone', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    await fixture.replicate();
    await addTaker(fixture);
    const before = markerCells(fixture);
    const peerIds = [PEER_ID];
    const backlog = await fixture.call(waitForCatchUp, { run, peerIds, markerTable: MARKER });
    expect(backlog.probeLagMs).toBeGreaterThan(0);
    const proof = await fixture.call(proveDrained, {
      run,
      peerIds,
      markerTable: MARKER,
      sentinel: 's',
      timeLimitMs: 30_000,
    });
    expect(proof).toMatchObject({ sentinels: 0, passes: [{}, {}] });
    expect(markerCells(fixture)).toBe(before);
  });

  it('the run ends: the table stays on both sides, named, and is no leak; without that peer it goes', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    for (const side of ['old', 'new'] as const) {
      await fixture.withRecord(side, (record) => record.note('marker-table', MARKER, { table: MARKER }));
    }
    await addTaker(fixture);
    const outcome = 'completed' as const;
    for (const side of ['source', 'target'] as const) {
      const { kept, settled } = await fixture.call(settleNotes, { run, side, kind: 'marker-table', outcome });
      expect(settled).toEqual([]);
      expect(kept).toMatchObject([{ subject: MARKER, command: `disable '${MARKER}'; drop '${MARKER}'` }]);
    }
    expect((await fixture.call(auditLeaks, { run, outcome })).leaks.filter((what) => what.includes('marker'))).toEqual(
      [],
    );
    await fixture.settle(fixture.old.cluster.removePeer('dr'));
    await fixture.call(settleNotes, { run, side: 'source', kind: 'marker-table', outcome });
    expect(await fixture.old.cluster.readTable(MARKER)).toBeUndefined();
  });

  it('the watch: says what it is, what the run does, and what to do', () => {
    const now = [
      {
        ...PEER,
        enabled: true,
        replicateAll: false,
        namespaces: [],
        excludeTables: [],
        excludeNamespaces: [],
        serial: false,
      },
    ];
    expect(judgeMarkerTakers({ noted: [PEER], now })).toEqual([]);
    const taker = { ...now[0]!, id: 'dr', tables: [], namespaces: ['default'] };
    expect(judgeMarkerTakers({ noted: [PEER], now: [...now, taker] })).toMatchObject([
      {
        key: 'marker-taken:dr',
        kind: 'marker-taken',
        message: expect.stringContaining('append_peer_exclude_tableCFs'),
      },
    ]);
  });
});
