import { describe, expect, it } from 'vitest';
import { runSchedule, type ScheduleResult } from './harness/run-schedule.ts';

/**
 * I1 to I8 under crashes, lost and late answers (design §6). `SEEDS=5000 FROM=1 npx vitest run --project schedules
 * properties` for more; `SEED=<n> … one-seed` tells one story.
 */
const FROM = Number(process.env['FROM'] ?? 1);
const SEEDS = Number(process.env['SEEDS'] ?? 200);
const BATCH = 50;

const batches = Array.from({ length: Math.ceil(SEEDS / BATCH) }, (_, at) => FROM + at * BATCH);

describe('every schedule of faults keeps the promises', () => {
  it.each(batches)(`seeds %i and the ${BATCH - 1} after it`, async (first) => {
    const broken: ScheduleResult[] = [];
    for (let seed = first; seed < Math.min(first + BATCH, FROM + SEEDS); seed += 1) {
      const result = await runSchedule({ seed });
      if (process.env['VERBOSE']) console.log(describeResult(result));
      if (result.broken.length > 0) broken.push(result);
    }
    expect(broken.map(describeBroken).join('\n\n')).toBe('');
  });
});

function describeBroken(result: ScheduleResult): string {
  const rerun = `SEED=${result.seed} npx vitest run --project schedules one-seed`;
  return [`${rerun}   # ${result.ending}`, ...result.broken.slice(0, 6)].join('\n  ');
}

function describeResult({ seed, ending, virtualMs, events, writes, broken }: ScheduleResult): string {
  return `${seed} ${ending.slice(0, 100)} ${Math.round(virtualMs / 1_000)} s, ${events} events, ${writes} writes, ${broken.length} broken`;
}
