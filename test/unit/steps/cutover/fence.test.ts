import { describe, expect, it } from 'vitest';
import { disableTables } from '../../../../activities/steps/cutover/disable-tables.ts';
import { fenceTables } from '../../../../activities/steps/cutover/fence-tables.ts';
import { liftFence } from '../../../../activities/steps/cutover/lift-fence.ts';
import { setMark } from '../../../../activities/steps/cutover/set-mark.ts';
import { unfenceTables } from '../../../../activities/steps/cutover/unfence-tables.ts';
import { settleNotes } from '../../../../activities/steps/cleanup/settle-notes.ts';
import { startFenceGuard } from '../../../../activities/steps/cutover/start-fence-guard.ts';
import { holdLock } from '../../../model/tables.ts';
import type { FenceInput } from '../../../../workflows/contract/step-data.ts';
import { createStepsFixture, type StepsFixture, TABLE } from '../steps-fixture.ts';

function fenceInput({ run }: StepsFixture, change: Partial<FenceInput> = {}): FenceInput {
  return { run, epoch: 1, fence: 'readonly', tables: [{ table: TABLE, readOnlyBefore: false }], ...change };
}
const readSource = ({ old }: StepsFixture) => old.cluster.readTable(TABLE);

describe('fenceTables', () => {
  it('readonly: every region rejects writes when it returns, and the old value is noted', async () => {
    const fixture = await createStepsFixture();
    const result = await fixture.call(fenceTables, fenceInput(fixture));
    expect(result).toMatchObject({ changed: true, regions: 2 });
    expect(() => fixture.write('00', '61')).toThrow();
    expect(await fixture.withRecord('old', (record) => record.readNotes())).toMatchObject([
      { kind: 'fence', subject: TABLE, value: { readOnlyBefore: false, epoch: 1, fence: 'readonly' } },
    ]);
  });

  it('readonly: fencing again changes nothing and proves it again', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(fenceTables, fenceInput(fixture));
    expect(await fixture.call(fenceTables, fenceInput(fixture))).toMatchObject({ changed: false, regions: 2 });
  });

  it('disable: readable until it is proven, then disabled, and back as it was', async () => {
    const fixture = await createStepsFixture();
    const input = fenceInput(fixture, { fence: 'disable' });
    await fixture.call(fenceTables, input);
    expect(await readSource(fixture)).toMatchObject({ enabled: true, readOnly: true });
    expect(await fixture.call(disableTables, input)).toMatchObject({ changed: true, regions: 2 });
    expect(await readSource(fixture)).toMatchObject({ enabled: false });
    expect(await fixture.call(disableTables, input)).toMatchObject({ changed: false, regions: 2 });
    await fixture.call(setMark, { run: fixture.run, epoch: 1, decision: 'unfence', by: 'workflow' });
    await fixture.call(unfenceTables, input);
    expect(await readSource(fixture)).toMatchObject({ enabled: true, readOnly: false });
    fixture.write('00', '61');
  });

  it('disable: a bulk load that came in under READONLY is found', async () => {
    const fixture = await createStepsFixture();
    const input = fenceInput(fixture, { fence: 'disable' });
    await fixture.call(fenceTables, input);
    fixture.old.bulkLoad(TABLE, [{ row: '10', family: 'd', qualifier: '61', value: 'ff' }]);
    await expect(fixture.call(disableTables, input)).rejects.toMatchObject({ code: 'cutover.failed' });
  });

  it('disable: a marked epoch leaves the table enabled', async () => {
    const fixture = await createStepsFixture();
    const input = fenceInput(fixture, { fence: 'disable' });
    await fixture.call(fenceTables, input);
    await fixture.call(setMark, { run: fixture.run, epoch: 1, decision: 'unfence', by: 'guard' });
    await expect(fixture.call(disableTables, input)).rejects.toMatchObject({ code: 'cutover.unfenced-by-guard' });
    expect(await readSource(fixture)).toMatchObject({ enabled: true });
  });

  it('a marked epoch: a late fence is not set', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    await fixture.call(setMark, { run, epoch: 1, decision: 'unfence', by: 'guard' });
    await expect(fixture.call(fenceTables, fenceInput(fixture))).rejects.toMatchObject({
      code: 'cutover.unfenced-by-guard',
    });
    expect(await readSource(fixture)).toMatchObject({ readOnly: false });
  });

  it('a mark that comes while it is under way: the proof is not believed', async () => {
    const fixture = await createStepsFixture();
    const record = await fixture.record('old');
    let marking: Promise<unknown> | undefined;
    fixture.link.onCall = ({ verb }) => {
      if (verb === 'probeFence') marking ??= record.setMark(1, 'unfence', 'guard');
    };
    await expect(fixture.call(fenceTables, fenceInput(fixture))).rejects.toMatchObject({
      code: 'cutover.unfenced-by-guard',
    });
  });

  it('command: runs it, and waits until no write is seen', async () => {
    const fixture = await createStepsFixture();
    let writes = 0;
    const writeOn = (): void => {
      writes += 1;
      fixture.write('00', '61');
      if (writes < 5) fixture.clock.after(400, writeOn);
    };
    fixture.clock.after(100, writeOn);
    const input = fenceInput(fixture, { fence: 'command', command: 'fence-application' });
    const { provenAtMs } = await fixture.call(fenceTables, input);
    expect(writes).toBe(5);
    expect(fixture.commands).toEqual(['fence-application fence']);
    expect(provenAtMs).toBeGreaterThan(fixture.clock.nowMs() - 1_000);
  });

  it('command: a non-zero exit is a failure', async () => {
    const fixture = await createStepsFixture({ runCommand: async () => ({ exitCode: 3, outputTail: 'no' }) });
    const input = fenceInput(fixture, { fence: 'command', command: 'fence-application' });
    await expect(fixture.call(fenceTables, input)).rejects.toMatchObject({ code: 'cutover.failed' });
  });
});

describe('unfenceTables', () => {
  it('undo: writes come back, the note goes and the epoch is marked, so that no fence comes late', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(fenceTables, fenceInput(fixture));
    expect(await fixture.call(unfenceTables, fenceInput(fixture))).toMatchObject({ changed: true, regions: 2 });
    fixture.write('00', '61');
    expect(await fixture.withRecord('old', (record) => record.readNotes())).toEqual([]);
    expect(await fixture.withRecord('old', (record) => record.readMark(1))).toMatchObject({ decision: 'unfence' });
    await expect(fixture.call(fenceTables, fenceInput(fixture))).rejects.toThrow();
  });

  it('undo: a table that was READONLY before stays so', async () => {
    const fixture = await createStepsFixture();
    await fixture.settle(fixture.old.cluster.alterTable(TABLE, { readOnly: true }));
    const input = fenceInput(fixture, { tables: [{ table: TABLE, readOnlyBefore: true }] });
    await fixture.call(fenceTables, input);
    expect(await fixture.call(unfenceTables, input)).toMatchObject({ changed: false });
    expect(await readSource(fixture)).toMatchObject({ readOnly: true });
  });

  it('undo: never after the mark says cut over', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    await fixture.call(fenceTables, fenceInput(fixture));
    await fixture.call(setMark, { run, epoch: 1, decision: 'cut-over', by: 'workflow' });
    await expect(fixture.call(unfenceTables, fenceInput(fixture))).rejects.toMatchObject({
      code: 'cutover.past-no-return',
    });
    expect(await readSource(fixture)).toMatchObject({ readOnly: true });
  });
});

describe('a table lock of somebody else', () => {
  const LOCK_MS = 90_000;
  const limit = <T>(work: Promise<T>) => work.catch((error: unknown) => error);

  it('held before the fence: refused by its holder, and nothing is fenced or queued', async () => {
    const fixture = await createStepsFixture();
    const held = holdLock(fixture.old.state, TABLE, LOCK_MS);
    await expect(fixture.call(fenceTables, fenceInput(fixture))).rejects.toMatchObject({
      code: 'cutover.failed',
      message: expect.stringContaining('a lock of somebody else holds its lock') as string,
    });
    expect(fixture.old.state.tables.get(TABLE)?.queued).toHaveLength(1);
    await fixture.settle(held);
    fixture.write('00', '61');
  });

  it('gone in a moment: waited for', async () => {
    const fixture = await createStepsFixture();
    void holdLock(fixture.old.state, TABLE, 1_000);
    expect(await fixture.call(fenceTables, fenceInput(fixture))).toMatchObject({ changed: true, regions: 2 });
  });

  it('taken just before the fence: whoever gives writes back lifts the fence that was queued, too', async () => {
    const fixture = await createStepsFixture();
    holdAtFence(fixture, LOCK_MS);
    const fencing = limit(fenceTables.run(fenceInput(fixture), fixture.stepWorld));
    await fixture.clock.runFor(30_000);
    fixture.write('00', '61');
    // The descriptor says writable, and so do the regions: nothing seems to be left to do.
    await fixture.call(unfenceTables, fenceInput(fixture));
    await fixture.settle(fencing);
    await fixture.clock.runFor(LOCK_MS);
    fixture.write('00', '62');
    expect(await readSource(fixture)).toMatchObject({ readOnly: false });
  });

  it('taken just before the fence, and the worker gone: the guard lifts what was queued', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(startFenceGuard, { ...fenceInput(fixture), deadlineMs: 20_000 });
    holdAtFence(fixture, LOCK_MS);
    void limit(fenceTables.run(fenceInput(fixture), fixture.stepWorld));
    await fixture.clock.runFor(2 * LOCK_MS);
    fixture.write('00', '61');
    expect(await readSource(fixture)).toMatchObject({ readOnly: false });
  });

  it('taken just before the fence: attempts do not pile up fences', async () => {
    const fixture = await createStepsFixture();
    holdAtFence(fixture, LOCK_MS);
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      void limit(fenceTables.run(fenceInput(fixture), fixture.stepWorld));
      await fixture.clock.runFor(5_000);
    }
    expect(fixture.old.state.tables.get(TABLE)?.queued.filter(({ readOnly }) => readOnly)).toHaveLength(1);
  });

  it('a fence that is still queued: settling the run lifts it', async () => {
    const fixture = await createStepsFixture();
    holdAtFence(fixture, LOCK_MS);
    const fencing = limit(fenceTables.run(fenceInput(fixture), fixture.stepWorld));
    await fixture.clock.runFor(10_000);
    await fixture.call(settleNotes, { run: fixture.run, outcome: 'undone', kind: 'fence', side: 'source' });
    await fixture.settle(fencing);
    await fixture.clock.runFor(LOCK_MS);
    fixture.write('00', '61');
  });
});

/** Between the look at the table's locks and the fence. */
function holdAtFence(fixture: StepsFixture, lastsMs: number): void {
  let isHeld = false;
  fixture.link.onCall = ({ verb }) => {
    if (verb !== 'alterTable' || isHeld) return;
    isHeld = true;
    void holdLock(fixture.old.state, TABLE, lastsMs);
  };
}

describe('setMark', () => {
  it('the mark: the first decision wins, and everybody hears it', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    const ask = (decision: 'cut-over' | 'unfence', by: string) =>
      fixture.call(setMark, { run, epoch: 1, decision, by });
    expect(await ask('cut-over', 'workflow')).toEqual({ decision: 'cut-over', by: 'workflow' });
    expect(await ask('unfence', 'guard')).toEqual({ decision: 'cut-over', by: 'workflow' });
  });
});

describe('liftFence', () => {
  it('a run that holds the table: refused', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(fenceTables, fenceInput(fixture));
    const lift = fixture.call(liftFence, { cluster: 'old', table: TABLE });
    await expect(lift).rejects.toMatchObject({ code: 'run.active' });
  });

  it('a closed run: the table takes writes again, and a second call changes nothing', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(fenceTables, fenceInput(fixture));
    await fixture.withRecord('old', (record) => record.close('completed'));
    const input = { cluster: 'old', table: TABLE };
    expect(await fixture.call(liftFence, input)).toEqual({ changed: true });
    fixture.write('00', '61');
    expect(await fixture.call(liftFence, input)).toEqual({ changed: false });
  });
});
