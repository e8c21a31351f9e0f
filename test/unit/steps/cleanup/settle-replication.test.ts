import { describe, expect, it } from 'vitest';
import { fenceTables } from '../../../../activities/steps/cutover/fence-tables.ts';
import { setMark } from '../../../../activities/steps/cutover/set-mark.ts';
import { startFenceGuard } from '../../../../activities/steps/cutover/start-fence-guard.ts';
import { createStepsFixture, PEER_ID, RUN_ID, TABLE } from '../steps-fixture.ts';
import { fenceInput, note, noteScope, notesOf, readScope, settle } from './settle-support.ts';

describe('settleNotes: peer', () => {
  it('undone: disabled, removed, its queues gone, and the note with it', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    expect(await settle(fixture, 'peer')).toEqual({
      settled: [{ subject: PEER_ID, action: 'disable and remove the peer' }],
      kept: [],
    });
    expect(fixture.old.state.peers.size).toBe(0);
    expect(fixture.old.state.queues).toEqual([]);
    expect(await notesOf(fixture, 'old', 'peer')).toEqual([]);
  });

  it('again: nothing is left to do', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await settle(fixture, 'peer');
    expect(await settle(fixture, 'peer')).toEqual({ settled: [], kept: [] });
  });

  it('a dry run: says what it would do, and does nothing', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    expect((await settle(fixture, 'peer', { dryRun: true })).settled).toHaveLength(1);
    expect(fixture.old.state.peers.size).toBe(1);
    expect(await notesOf(fixture, 'old', 'peer')).toHaveLength(1);
  });

  it('a peer that was noted and never added: only the note goes', async () => {
    const fixture = await createStepsFixture();
    const value = { id: PEER_ID, clusterKey: 'zk-new:2181:/hbase', tables: [] };
    await note(fixture, 'old', { kind: 'peer', subject: PEER_ID, value });
    expect(await settle(fixture, 'peer')).toEqual({ settled: [], kept: [] });
    expect(await notesOf(fixture, 'old', 'peer')).toEqual([]);
  });

  it('an answer that is lost: the second look decides', async () => {
    const fixture = await createStepsFixture({
      decide: ({ verb }) => (verb === 'removePeer' ? { kind: 'lost-answer' } : { kind: 'none' }),
    });
    await fixture.replicate();
    await expect(settle(fixture, 'peer')).rejects.toMatchObject({ code: 'ssh.failed' });
    await fixture.clock.runFor(5_000);
    expect(await settle(fixture, 'peer')).toEqual({ settled: [], kept: [] });
  });
});

describe('settleNotes: scope', () => {
  it('undone: the old scope, and READONLY stays', async () => {
    const fixture = await createStepsFixture();
    await noteScope(fixture);
    await fixture.settle(fixture.old.cluster.alterTable(TABLE, { readOnly: true }));
    await settle(fixture, 'scope');
    expect(await readScope(fixture)).toBe(0);
    expect(await fixture.old.cluster.readTable(TABLE)).toMatchObject({ readOnly: true });
  });

  it("another peer ships the table by it now: the scope stays and is named, but our own peer's does not count", async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await noteScope(fixture);
    await fixture.settle(
      fixture.old.cluster.addPeer({
        id: 'backup',
        clusterKey: 'zk-new:2181:/hbase',
        tables: [{ table: TABLE, families: ['d'] }],
      }),
    );
    const { kept } = await settle(fixture, 'scope');
    expect(kept[0]?.why).toContain('peer backup replicates the table');
    expect(await readScope(fixture)).toBe(1);
    await fixture.settle(fixture.old.cluster.removePeer('backup'));
    await settle(fixture, 'scope');
    expect(await readScope(fixture)).toBe(0);
  });

  it('a scope that somebody else has set since: left alone', async () => {
    const fixture = await createStepsFixture();
    await noteScope(fixture);
    await fixture.settle(fixture.old.cluster.alterTable(TABLE, { scopes: { d: 2 } }));
    expect(await settle(fixture, 'scope')).toEqual({ settled: [], kept: [] });
    expect(await readScope(fixture)).toBe(2);
  });

  it('a table that was dropped: nothing to undo', async () => {
    const fixture = await createStepsFixture();
    await noteScope(fixture);
    await fixture.settle(fixture.old.cluster.disableTable(TABLE));
    await fixture.settle(fixture.old.cluster.deleteTable(TABLE));
    expect((await settle(fixture, 'scope')).settled).toEqual([{ subject: TABLE, action: 'the table is gone' }]);
  });
});

describe('settleNotes: fence and guard', () => {
  it('undone: writes come back and the epoch is marked', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(fenceTables, fenceInput(fixture));
    await settle(fixture, 'fence');
    fixture.write('00', '61');
    expect(await fixture.withRecord('old', (record) => record.readMark(1))).toMatchObject({ decision: 'unfence' });
    expect(await notesOf(fixture, 'old', 'fence')).toEqual([]);
  });

  it('undone after the mark: refused, the source stays fenced', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    await fixture.call(fenceTables, fenceInput(fixture));
    await fixture.call(setMark, { run, epoch: 1, decision: 'cut-over', by: 'workflow' });
    await expect(settle(fixture, 'fence')).rejects.toMatchObject({ code: 'cutover.past-no-return' });
    expect(() => fixture.write('00', '61')).toThrow();
  });

  it('completed: the fence stays, with the command that lifts it', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(fenceTables, fenceInput(fixture));
    expect((await settle(fixture, 'fence', { outcome: 'completed' })).kept).toEqual([
      expect.objectContaining({ subject: TABLE, command: `temporal-hbase unfence old ${TABLE}` }),
    ]);
    expect(() => fixture.write('00', '61')).toThrow();
  });

  it('a command fence: lifted once for the whole wave', async () => {
    const fixture = await createStepsFixture();
    for (const table of [TABLE, 'shop:second']) {
      const value = { table, epoch: 1, fence: 'command' as const, readOnlyBefore: false, command: 'fence-application' };
      await note(fixture, 'old', { kind: 'fence', subject: table, value });
    }
    await settle(fixture, 'fence');
    expect(fixture.commands).toEqual(['fence-application unfence']);
    expect(await notesOf(fixture, 'old', 'fence')).toEqual([]);
  });

  it('a guard that still watches: ended, by the mark', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(startFenceGuard, { ...fenceInput(fixture), deadlineMs: 600_000 });
    await settle(fixture, 'guard');
    expect(fixture.old.jobs.running()).toEqual([]);
    expect(await settle(fixture, 'job')).toMatchObject({ settled: [{ action: 'remove its folder' }] });
    expect(await fixture.settle(fixture.old.jobs.list(RUN_ID))).toEqual([]);
  });
});
