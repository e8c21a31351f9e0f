import { describe, expect, it } from 'vitest';
import { predictCosts, toForecast } from '../../../../activities/steps/cutover/forecast.ts';
import { predictCutover } from '../../../../activities/steps/cutover/predict-cutover.ts';
import { createStepsFixture, PEER_ID, REQUEST } from '../steps-fixture.ts';

const costs = { fenceMs: 2_000, drainMs: 1_000, clocksMs: 0, compareMs: 500, openMs: 500, unfenceMs: 1_000 };

describe('toForecast', () => {
  it('a bound with room: fits, and the guard gives writes back within the bound', () => {
    const forecast = toForecast(costs, 30_000);
    expect(forecast).toMatchObject({ fits: true, predictedPauseMs: 4_000, predictedUnfenceMs: 1_000 });
    expect(forecast.guardDeadlineMs + forecast.predictedUnfenceMs).toBeLessThan(30_000);
  });

  it('a bound that only fits without the unfence: refused with a reason', () => {
    const forecast = toForecast(costs, 5_000);
    expect(forecast.fits).toBe(false);
    expect(forecast.reason).toContain('fence 2.0 s + drain 1.0 s');
    expect(forecast.reason).toContain('it does not fit');
  });

  it('a bound shorter than the unfence: no deadline below zero', () => {
    expect(toForecast({ ...costs, unfenceMs: 60_000 }, 10_000)).toMatchObject({ fits: false, guardDeadlineMs: 0 });
  });
});

describe('predictCosts', () => {
  const measured = { reopenMs: 0, drainMs: 100, clocksMs: -50 };

  it('compare: what the last window took counts when it is more than the size tells', async () => {
    const { table } = await createStepsFixture();
    const of = (windowCompareMs: number) =>
      predictCosts({ tables: [table], request: REQUEST, windowCompareMs }, measured).compareMs;
    expect(of(7_000)).toBe(7_000);
    expect(of(0)).toBeLessThan(7_000);
  });

  it('regions: a thousand cost more than ten, and a fence that HBase does not hold costs the same', async () => {
    const { table } = await createStepsFixture();
    const of = (regions: number, fence: 'readonly' | 'command') =>
      predictCosts(
        { tables: [{ ...table, regions }], request: { ...REQUEST, cutover: { ...REQUEST.cutover, fence } } },
        measured,
      );
    expect(of(1_000, 'readonly').fenceMs).toBeGreaterThan(of(10, 'readonly').fenceMs);
    expect(of(1_000, 'command').fenceMs).toBe(of(10, 'command').fenceMs);
    expect(of(10, 'readonly').clocksMs).toBe(0);
  });

  it('a slow reopening: measured beats the rule of thumb', async () => {
    const { table } = await createStepsFixture();
    const predicted = predictCosts({ tables: [table], request: REQUEST }, { ...measured, reopenMs: 20_000 });
    expect(predicted).toMatchObject({ fenceMs: 20_000, unfenceMs: 20_000 });
  });
});

describe('predictCutover', () => {
  it('a live system: rehearses without a fence and fits', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const { run, table } = fixture;
    const input = { run, tables: [table], request: REQUEST, peerIds: [PEER_ID] };
    expect(await fixture.call(predictCutover, input)).toMatchObject({ fits: true });
    fixture.write('00', '61');
  });

  it('a peer that ships nothing: refused, and says what is left', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await fixture.settle(fixture.old.cluster.disablePeer(PEER_ID));
    fixture.write('00', '61');
    const { run, table } = fixture;
    const forecast = await fixture.call(predictCutover, {
      run,
      tables: [table],
      request: REQUEST,
      peerIds: [PEER_ID],
    });
    expect(forecast.fits).toBe(false);
    expect(forecast.reason).toContain('from before the roll');
  });
});
