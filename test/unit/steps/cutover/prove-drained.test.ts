import { describe, expect, it } from 'vitest';
import { proveDrained } from '../../../../activities/steps/cutover/prove-drained.ts';
import { readValues } from '../../../model/model-fixture.ts';
import { createStepsFixture, MARKER, PEER_ID, type StepsFixture, TABLE, toRow } from '../steps-fixture.ts';

const input = ({ run }: StepsFixture, timeLimitMs = 120_000) => ({
  run,
  peerIds: [PEER_ID],
  markerTable: MARKER,
  sentinel: 'epoch-1',
  timeLimitMs,
});

async function writeMany(fixture: StepsFixture, rows: number): Promise<void> {
  for (let i = 0; i < rows; i += 1) fixture.write(toRow(i), `cd${toRow(i)}`);
}

describe('proveDrained', () => {
  it('proof: everything written before it is on the target when it returns', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await writeMany(fixture, 200);
    const proof = await fixture.call(proveDrained, input(fixture));
    expect(proof.passes).toHaveLength(2);
    expect(proof.rolled).toHaveLength(2);
    for (let i = 0; i < 200; i += 1) {
      expect(await readValues(fixture.new.cluster, TABLE, toRow(i))).toContain(`cd${toRow(i)}`);
    }
  });

  it('proof: holds with several WAL groups a server', async () => {
    const fixture = await createStepsFixture({ traits: { walGroups: 3 } });
    await fixture.replicate();
    await writeMany(fixture, 100);
    const proof = await fixture.call(proveDrained, input(fixture));
    expect(proof.rolled).toHaveLength(6);
    expect(await readValues(fixture.new.cluster, TABLE, toRow(7))).toContain(`cd${toRow(7)}`);
  });

  it('no proof: the peer is disabled, so nothing is ever shipped', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await fixture.settle(fixture.old.cluster.disablePeer(PEER_ID));
    await writeMany(fixture, 5);
    await expect(fixture.call(proveDrained, input(fixture, 20_000))).rejects.toMatchObject({
      code: 'cutover.failed',
      message: expect.stringContaining('from before the roll') as string,
    });
  });

  it('a retired peer: disabled since its table moved to a newer one, it is no part of the proof', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const { cluster } = fixture.old;
    const [retired, newer] = [`${PEER_ID}_1`, `${PEER_ID}_2`];
    for (const id of [retired, newer]) {
      const peer = { id, clusterKey: fixture.plan.target.clusterKey, tables: [{ table: TABLE, families: ['d'] }] };
      await fixture.withRecord('old', (record) => record.note('peer', id, peer));
      await fixture.settle(cluster.addPeer(peer));
    }
    await fixture.settle(cluster.enablePeer(newer));
    await writeMany(fixture, 5);
    const peerIds = [PEER_ID, retired, newer];
    const proof = await fixture.call(proveDrained, { ...input(fixture, 60_000), peerIds });
    expect(proof.passes).toHaveLength(2);
  });

  it('a dead server: its queue is waited for, also before anybody has claimed it', async () => {
    const fixture = await createStepsFixture({ traits: { queueClaimMs: 40_000 } });
    await fixture.replicate();
    await fixture.settle(fixture.old.cluster.disablePeer(PEER_ID));
    await writeMany(fixture, 50);
    fixture.old.killServer();
    await fixture.settle(fixture.old.cluster.enablePeer(PEER_ID));
    const startedMs = fixture.clock.nowMs();
    await fixture.call(proveDrained, input(fixture, 600_000));
    expect(fixture.clock.nowMs() - startedMs).toBeGreaterThan(30_000);
    for (let i = 0; i < 50; i += 1) {
      expect(await readValues(fixture.new.cluster, TABLE, toRow(i))).toContain(`cd${toRow(i)}`);
    }
  });

  it('a queue that cannot be read is not drained, and is read again', async () => {
    let reads = 0;
    const fixture = await createStepsFixture({
      decide: ({ verb }) => {
        reads += verb === 'readPeerQueues' ? 1 : 0;
        return verb === 'readPeerQueues' && reads % 3 === 1 ? { kind: 'refused' } : { kind: 'none' };
      },
    });
    await fixture.replicate();
    const proof = await fixture.call(proveDrained, input(fixture));
    expect(proof.passes).toHaveLength(2);
  });

  it('a peer that is gone: fails at once, since its WALs are gone too', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await fixture.settle(fixture.old.cluster.removePeer(PEER_ID));
    await expect(fixture.call(proveDrained, input(fixture, 5_000))).rejects.toMatchObject({ code: 'cutover.failed' });
  });
});
