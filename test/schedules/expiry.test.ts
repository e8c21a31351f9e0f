import { expect, it } from 'vitest';
import { runSchedule } from './harness/run-schedule.ts';
import type { Scenario } from './harness/scenario.ts';

const withoutAnybody = (scenario: Scenario): Scenario => ({
  ...scenario,
  faultChance: 0,
  accidents: [],
  deathInFence: undefined,
  writePauseMs: 2_000,
  person: { cancelAfterMs: undefined, terminateAfterMs: undefined, rejectsFirst: false, isAway: true },
  input: {
    ...scenario.input,
    cutover: { approval: 'required', approvalExpires: '5m', switchClients: 'switch-clients' },
  },
});

it.each([1, 2, 3])('a gate that nobody passes expires, and everything is undone (seed %i)', async (seed) => {
  const { ending, broken, virtualMs } = await runSchedule({ seed, adjust: withoutAnybody });
  expect(broken).toEqual([]);
  expect(ending).toMatch(/^gate\.expired: Nobody approved/);
  expect(virtualMs).toBeGreaterThan(300_000);
});
