import { describe, expect, it } from 'vitest';
import { setMark } from '../../../../activities/steps/cutover/set-mark.ts';
import { startFenceGuard } from '../../../../activities/steps/cutover/start-fence-guard.ts';
import { readMarks } from '../../../../activities/steps/record/read-marks.ts';
import { restoreTable } from '../../../../activities/steps/restore/restore-table.ts';
import { NOTE_KINDS } from '../../../../workflows/contract/step-data.ts';
import { createStepsFixture, PEER_ID, TABLE, type StepsFixture } from '../steps-fixture.ts';
import { fenceInput, note, noteTarget, settle, SNAPSHOT } from './settle-support.ts';

const markCutOver = ({ call, run }: StepsFixture) =>
  call(setMark, { run, epoch: 2, decision: 'cut-over', by: 'workflow' });

describe('past the mark', () => {
  it('settleNotes: undoes nothing of any kind but jobs, not even in a dry run', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await noteTarget(fixture, 'absent');
    await markCutOver(fixture);
    const refused = { code: 'cutover.past-no-return', message: expect.stringContaining('Epoch 2 was cut over') };
    for (const kind of NOTE_KINDS.filter((one) => one !== 'job')) {
      const undo = settle(fixture, kind, { side: 'target', dropTargetTables: true });
      await expect(undo, kind).rejects.toMatchObject(refused);
    }
    await expect(settle(fixture, 'peer', { dryRun: true })).rejects.toMatchObject(refused);
    expect(await settle(fixture, 'job')).toEqual({ settled: [], kept: [] });
    expect(fixture.new.state.tables.has(TABLE)).toBe(true);
    expect(fixture.old.state.peers.has(PEER_ID)).toBe(true);
  });

  it('settleNotes: an unfence mark of an attempt before it changes nothing of that', async () => {
    const fixture = await createStepsFixture();
    const { call, run } = fixture;
    await call(setMark, { run, epoch: 1, decision: 'unfence', by: 'guard' });
    expect(await settle(fixture, 'peer')).toEqual({ settled: [], kept: [] });
    await markCutOver(fixture);
    await expect(settle(fixture, 'peer')).rejects.toMatchObject({ code: 'cutover.past-no-return' });
  });

  it('restoreTable: never over what clients write to, also for a copy that is made again', async () => {
    const fixture = await createStepsFixture();
    const { call, run, table } = fixture;
    await markCutOver(fixture);
    const restore = call(restoreTable, { run, table, snapshot: SNAPSHOT, again: true });
    await expect(restore).rejects.toMatchObject({ code: 'cutover.past-no-return' });
  });

  it('readMarks: tells the marks, the guards, the fences and the peers of the record, and an empty record', async () => {
    const fixture = await createStepsFixture();
    const { call, run } = fixture;
    expect(await call(readMarks, { run })).toMatchObject({ marks: [], guarded: [], fenced: [], isEmpty: true });
    await call(setMark, { run, epoch: 1, decision: 'unfence', by: 'guard' });
    await call(startFenceGuard, { ...fenceInput(fixture), epoch: 2, deadlineMs: 60_000 });
    const fence = { table: TABLE, epoch: 2, fence: 'readonly', readOnlyBefore: false } as const;
    await note(fixture, 'old', { kind: 'fence', subject: TABLE, value: fence });
    expect(await call(readMarks, { run })).toMatchObject({
      marks: [{ epoch: 1, decision: 'unfence', by: 'guard' }],
      guarded: [2],
      fenced: [TABLE],
      isEmpty: false,
    });
  });
});
