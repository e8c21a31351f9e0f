import { Context } from '@temporalio/activity';
import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import { startSmokeEnvironment, until, type SmokeEnvironment } from './smoke-harness.ts';
import { createStubSteps, equalVerdict, failAs, type StepStubs } from './stub-steps.ts';

const test = inOrder.concurrent;

let env: SmokeEnvironment;
beforeAll(async () => {
  env = await startSmokeEnvironment();
});
afterAll(() => env.stop());

const BOUND_MS = 600_000;
const forecast = { fits: true, predictedPauseMs: 1, predictedUnfenceMs: 500, guardDeadlineMs: BOUND_MS, reason: '' };
const automatic = { approval: 'automatic', maxWritePauseMs: BOUND_MS } as const;

test('cutOver: every step between fence and mark has what is left of the bound, not a limit of its own', async () => {
  const limits = new Map<string, number>();
  const note = <T>(name: string, answer: T): T => {
    limits.set(name, Context.current().info.startToCloseTimeoutMs);
    return answer;
  };
  const fenced = { changed: true, provenAtMs: 1, regions: 3 };
  const overrides: StepStubs = {
    predictCutover: async () => forecast,
    fenceTables: async () => note('fenceTables', fenced),
    proveDrained: async ({ sentinel, timeLimitMs }) => {
      if (!sentinel.endsWith('final')) limits.set('its own limit', timeLimitMs);
      return note(sentinel.endsWith('final') ? 'final' : 'proveDrained', {});
    },
    waitForClocks: async () => note('waitForClocks', {}),
    compareInsideFence: async ({ tables }) =>
      note(
        'compareInsideFence',
        tables.map(({ table }) => equalVerdict(table.table, 'window')),
      ),
    disableTables: async () => note('disableTables', fenced),
  };
  const stubs = createStubSteps(['shop:a'], overrides, { ...automatic, fence: 'disable' });
  await env.withMigration(stubs, async (handle) => {
    await handle.result();
  });
  const { final, ...inside } = Object.fromEntries(limits);
  expect(Object.keys(inside)).toHaveLength(6);
  for (const limitMs of Object.values(inside)) {
    expect(limitMs).toBeGreaterThan(BOUND_MS / 2);
    expect(limitMs).toBeLessThan(BOUND_MS + 60_000);
  }
  expect(final).toBeLessThan(3_600_000);
});

test('cutOver: the pause that is told ends when the guard gave writes back, not when a worker came to see it', async () => {
  const overrides: StepStubs = {
    predictCutover: async () => forecast,
    proveDrained: async () => {
      throw failAs('cutover.failed', 'a queue stands still');
    },
    // By the guard's clock, long before this worker was there again: quicker than any worker of a test.
    stopFenceGuard: async () => ({ changed: true, openedAfterMs: 0 }),
  };
  await env.withMigration(createStubSteps(['shop:a'], overrides, automatic), async (handle) => {
    const { cutovers } = await until(handle, ({ cutovers: all }) => all[0]?.outcome === 'unfenced');
    expect(cutovers[0]).toMatchObject({ writePauseMs: 0 });
    expect(cutovers[0]).not.toHaveProperty('pauseToMarkMs');
  });
});

test('cutOver: the pause goes on until the clients are switched, and the part that was bounded is told beside it', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { ...automatic, switchClients: undefined });
  await env.withMigration(stubs, async (handle) => {
    const { cutovers } = await until(handle, ({ blockers }) => blockers.some(({ code }) => code === 'clients'));
    expect(cutovers[0]).toMatchObject({ outcome: 'cut-over', pauseToMarkMs: expect.any(Number) as number });
    expect(cutovers[0]).not.toHaveProperty('writePauseMs');
    await handle.executeUpdate('clientsSwitched', { args: [{ by: 'ann' }] });
    const [told] = (await handle.result()).cutovers;
    expect(told?.writePauseMs).toBeGreaterThanOrEqual(told?.pauseToMarkMs ?? Infinity);
  });
});
