import { describe, expect, it } from 'vitest';
import { checkClientSwitch } from '../../../../activities/steps/cutover/check-client-switch.ts';
import { openTarget } from '../../../../activities/steps/cutover/open-target.ts';
import { switchClients } from '../../../../activities/steps/cutover/switch-clients.ts';
import { waitForClocks } from '../../../../activities/steps/cutover/wait-for-clocks.ts';
import { createStepsFixture, MARKER, TABLE } from '../steps-fixture.ts';

describe('waitForClocks', () => {
  it('a target behind the source: waited for until a put there is the newest version', async () => {
    const fixture = await createStepsFixture();
    fixture.new.state.traits.clockSkewMs = -3_000;
    const startedMs = fixture.clock.nowMs();
    const clocks = await fixture.call(waitForClocks, { run: fixture.run, markerTable: MARKER });
    expect(clocks.targetClockMs).toBeGreaterThan(clocks.sourceClockMs);
    expect(fixture.clock.nowMs() - startedMs).toBeGreaterThanOrEqual(3_000);
  });

  it('a target ahead of the source: not waited for', async () => {
    const fixture = await createStepsFixture();
    fixture.new.state.traits.clockSkewMs = 3_000;
    const startedMs = fixture.clock.nowMs();
    await fixture.call(waitForClocks, { run: fixture.run, markerTable: MARKER });
    expect(fixture.clock.nowMs() - startedMs).toBeLessThan(1_000);
  });

  it('a target minutes behind: refused, since a fence cannot wait for that', async () => {
    const fixture = await createStepsFixture();
    fixture.new.state.traits.clockSkewMs = -300_000;
    const wait = fixture.call(waitForClocks, { run: fixture.run, markerTable: MARKER });
    await expect(wait).rejects.toMatchObject({ code: 'cutover.failed' });
  });
});

describe('openTarget', () => {
  it('a disabled READONLY table: opened and probed', async () => {
    const fixture = await createStepsFixture();
    const { cluster } = fixture.new;
    await fixture.settle(cluster.alterTable(TABLE, { readOnly: true }));
    await fixture.settle(cluster.disableTable(TABLE));
    const input = { run: fixture.run, markerTable: MARKER, tables: [TABLE] };
    expect(await fixture.call(openTarget, input)).toEqual({ changed: true });
    expect(await cluster.readTable(TABLE)).toMatchObject({ enabled: true, readOnly: false });
    expect(await fixture.call(openTarget, input)).toEqual({ changed: false });
  });

  it('a table that is gone: named', async () => {
    const fixture = await createStepsFixture();
    const open = fixture.call(openTarget, { run: fixture.run, markerTable: MARKER, tables: ['shop:gone'] });
    await expect(open).rejects.toMatchObject({ code: 'hbase.not-found' });
  });
});

describe('switchClients', () => {
  it('the named command: called with tables and both clusters', async () => {
    let input: unknown;
    const fixture = await createStepsFixture({
      runCommand: async (_name, call) => {
        input = call.input;
        return { exitCode: 0, outputTail: 'done' };
      },
    });
    const { run } = fixture;
    const result = await fixture.call(switchClients, { run, command: 'switch-clients', tables: [TABLE] });
    expect(result).toEqual({ changed: true, detail: 'done' });
    expect(input).toEqual({ runId: run.runId, from: 'old', to: 'new', tables: [TABLE] });
  });

  it('a command that fails: retried after the mark, final before it', async () => {
    const fixture = await createStepsFixture({ runCommand: async () => ({ exitCode: 1, outputTail: 'no' }) });
    const { run } = fixture;
    const command = 'switch-clients';
    await expect(fixture.call(switchClients, { run, command, tables: [TABLE] })).rejects.toMatchObject({
      code: 'switch.failed',
      retryable: true,
    });
    await expect(fixture.call(checkClientSwitch, { run, command })).rejects.toMatchObject({
      code: 'cutover.failed',
      retryable: false,
    });
  });

  it('a command that the clusters file does not name: refused without running anything', async () => {
    const fixture = await createStepsFixture();
    const check = fixture.call(checkClientSwitch, { run: fixture.run, command: 'rm' });
    await expect(check).rejects.toMatchObject({ code: 'request.invalid' });
    expect(fixture.commands).toEqual([]);
  });
});
