import { expect, it } from 'vitest';
import { runSchedule } from './harness/run-schedule.ts';

/** `SEED=17 npx vitest run --project schedules one-seed`: one story with everything that happened in it. */
it('one seed', async () => {
  const result = await runSchedule({ seed: Number(process.env['SEED'] ?? 0), verbose: true });
  if (process.env['SEED']) {
    console.log(result.log.join('\n'));
    console.log(JSON.stringify({ ...result, log: undefined }, null, 2));
  }
  expect(result.broken).toEqual([]);
});
