import { describe, expect, it } from 'vitest';
import { addPeer } from '../../../activities/steps/replication/add-peer.ts';
import { setReplicationScope } from '../../../activities/steps/replication/set-replication-scope.ts';
import { takeSnapshot } from '../../../activities/steps/snapshot/take-snapshot.ts';
import { createStepsFixture, PEER, TABLE } from './steps-fixture.ts';

/** Design §6: a name that is taken is adopted only when this run has recorded it as its own. */
describe('what stands under a name of this run', () => {
  it('a peer that nobody noted: is refused and stays as it is', async () => {
    const fixture = await createStepsFixture();
    const { cluster } = fixture.old;
    await fixture.settle(cluster.addPeer(PEER));
    await expect(fixture.call(addPeer, { run: fixture.run, peer: PEER })).rejects.toMatchObject({
      code: 'peer.changed',
      message: expect.stringContaining('did not make it'),
    });
    expect((await fixture.settle(cluster.listPeers())).map(({ id }) => id)).toEqual([PEER.id]);
  });

  it('a peer of ours that ships something else by now: is refused', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(addPeer, { run: fixture.run, peer: PEER });
    const peer = { ...PEER, tables: PEER.tables.slice(0, 1) };
    await expect(fixture.call(addPeer, { run: fixture.run, peer })).rejects.toMatchObject({ code: 'peer.changed' });
  });

  it('a snapshot that nobody noted: is refused and stays', async () => {
    const fixture = await createStepsFixture();
    const { cluster } = fixture.old;
    const { snapshot } = fixture.table;
    await fixture.settle(cluster.takeSnapshot(snapshot, TABLE));
    await expect(fixture.call(takeSnapshot, { run: fixture.run, table: TABLE, snapshot })).rejects.toMatchObject({
      code: 'preflight.failed',
    });
    expect(await fixture.settle(cluster.readSnapshotFiles(snapshot))).toBeDefined();
  });

  it('our own snapshot, again: is already so', async () => {
    const fixture = await createStepsFixture();
    const input = { run: fixture.run, table: TABLE, snapshot: fixture.table.snapshot };
    expect(await fixture.call(takeSnapshot, input)).toMatchObject({ changed: true });
    expect(await fixture.call(takeSnapshot, input)).toMatchObject({ changed: false });
  });

  it('a scope that was on before: is no change of ours, so no undo takes it away', async () => {
    const fixture = await createStepsFixture();
    await fixture.settle(fixture.old.cluster.alterTable(TABLE, { scopes: { d: 1 } }));
    const input = { run: fixture.run, table: TABLE, families: ['d'] };
    expect(await fixture.call(setReplicationScope, input)).toMatchObject({ changed: false });
    const notes = await fixture.withRecord('old', (record) => record.readNotes());
    expect(notes.filter(({ kind }) => kind === 'scope')).toEqual([]);
  });
});
