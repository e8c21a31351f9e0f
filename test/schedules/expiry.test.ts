import { expect, it } from 'vitest';
import { runSchedule } from './harness/run-schedule.ts';
import type { Scenario } from './harness/scenario.ts';

const withoutAnybody = (scenario: Scenario): Scenario => ({
  ...scenario,
  faultChance: 0,
  accidents: [],
  deathInFence: undefined,
  writePauseMs: 2_000,
  person: { cancelAfterMs: 15 * 60_000, terminateAfterMs: undefined, rejectsFirst: false, isAway: true },
  input: {
    ...scenario.input,
    cutover: { approval: 'required', approvalExpires: '5m', switchClients: 'switch-clients' },
  },
});

it.each([1, 2, 3])(
  'a gate that nobody passes expires and undoes nothing, until somebody cancels (seed %i)',
  async (seed) => {
    const { ending, broken, virtualMs } = await runSchedule({ seed, adjust: withoutAnybody });
    expect(broken).toEqual([]);
    expect(ending).toMatch(/cancelled/);
    expect(virtualMs).toBeGreaterThan(900_000);
  },
);
