import { describe, expect, it } from 'vitest';
import { fenceTables } from '../../../../activities/steps/cutover/fence-tables.ts';
import { setMark } from '../../../../activities/steps/cutover/set-mark.ts';
import { startFenceGuard } from '../../../../activities/steps/cutover/start-fence-guard.ts';
import { stopFenceGuard } from '../../../../activities/steps/cutover/stop-fence-guard.ts';
import { createStepsFixture, RUN_ID, type StepsFixture, TABLE } from '../steps-fixture.ts';

const KEY = `${RUN_ID}/fence-guard/source/1`;
const guardInput = ({ run }: StepsFixture, deadlineMs = 20_000) => ({
  run,
  epoch: 1,
  fence: 'readonly' as const,
  tables: [{ table: TABLE, readOnlyBefore: false }],
  deadlineMs,
});

describe('startFenceGuard', () => {
  it('ready: returns when the guard watches, and a retry attaches to the same one', async () => {
    const fixture = await createStepsFixture();
    expect(await fixture.call(startFenceGuard, guardInput(fixture))).toEqual({ changed: true });
    expect(fixture.old.jobs.running()).toEqual([KEY]);
    expect(await fixture.call(startFenceGuard, guardInput(fixture))).toEqual({ changed: false });
    expect(fixture.old.jobs.starts.get(KEY)).toBe(1);
  });

  it('nobody left: writes come back at the deadline by the guard alone', async () => {
    const fixture = await createStepsFixture();
    const input = guardInput(fixture, 10_000);
    await fixture.call(startFenceGuard, input);
    await fixture.call(fenceTables, input);
    expect(() => fixture.write('00', '61')).toThrow();
    await fixture.clock.runFor(15_000);
    fixture.write('00', '61');
    expect(await fixture.withRecord('old', (record) => record.readMark(1))).toMatchObject({ decision: 'unfence' });
  });

  it('a guard that died: nothing may be fenced', async () => {
    const fixture = await createStepsFixture();
    const starting = startFenceGuard.run(guardInput(fixture), fixture.stepWorld);
    fixture.clock.after(30, () => fixture.old.jobs.kill(KEY));
    await expect(fixture.settle(starting)).rejects.toMatchObject({ code: 'cutover.failed' });
  });

  it('a decided epoch: no guard is started for it', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    await fixture.call(setMark, { run, epoch: 1, decision: 'unfence', by: 'guard' });
    await expect(fixture.call(startFenceGuard, guardInput(fixture))).rejects.toMatchObject({
      code: 'cutover.unfenced-by-guard',
    });
    expect(fixture.old.jobs.starts.size).toBe(0);
  });

  it('an application fence whose command is at home on another cluster: refused, since the guard could not lift it', async () => {
    const fixture = await createStepsFixture();
    const input = { ...guardInput(fixture), fence: 'command' as const, command: 'switch-clients' };
    await expect(fixture.call(startFenceGuard, input)).rejects.toMatchObject({ code: 'request.invalid' });
  });
});

describe('stopFenceGuard', () => {
  it('after the mark: the guard ends by itself, and its note goes', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    await fixture.call(startFenceGuard, guardInput(fixture));
    await fixture.call(setMark, { run, epoch: 1, decision: 'cut-over', by: 'workflow' });
    expect(await fixture.call(stopFenceGuard, { run, epoch: 1 })).toEqual({ changed: true });
    expect(fixture.old.jobs.running()).toEqual([]);
    expect(await fixture.withRecord('old', (record) => record.readNotes())).toEqual([]);
    expect(await fixture.call(stopFenceGuard, { run, epoch: 1 })).toEqual({ changed: false });
  });

  it('fenced and not decided: the guard stays, since it is the only one who gives writes back', async () => {
    const fixture = await createStepsFixture();
    const { run } = fixture;
    await fixture.call(startFenceGuard, guardInput(fixture));
    await fixture.call(fenceTables, guardInput(fixture));
    await expect(fixture.call(stopFenceGuard, { run, epoch: 1 })).rejects.toMatchObject({ code: 'cutover.failed' });
    expect(fixture.old.jobs.running()).toEqual([KEY]);
  });
});
