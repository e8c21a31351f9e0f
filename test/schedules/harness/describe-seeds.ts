import { describe, expect, it } from 'vitest';
import { runSchedule, type ScheduleResult } from './run-schedule.ts';
import { MUST_HAPPEN } from './tags.ts';

const BATCH = 50;
const FROM = Number(process.env['FROM'] ?? 1);
const SEEDS = Number(process.env['SEEDS'] ?? 600);

/** Each half runs in a process of its own. */
export function describeSeeds(half: 'first' | 'second'): void {
  const middle = FROM + Math.ceil(SEEDS / 2);
  const [from, to] = half === 'first' ? [FROM, middle] : [middle, FROM + SEEDS];
  const batches = Array.from({ length: Math.ceil((to - from) / BATCH) }, (_, at) => from + at * BATCH);
  const told = new Set<string>();
  describe('every schedule of faults keeps the promises', () => {
    it.each(batches)(`seeds %i and the ${BATCH - 1} after it`, async (first) => {
      const results = await runAll(first, Math.min(first + BATCH, to));
      for (const tag of results.flatMap((result) => result.told)) told.add(tag);
      const broken = results.filter((result) => result.broken.length > 0);
      expect(broken.map(describeBroken).join('\n\n')).toBe('');
    });

    // A handful of seeds cannot bring everything about.
    if (to - from >= 250) {
      it('and what they are made for has come to pass', () => {
        expect(MUST_HAPPEN.filter((tag) => !told.has(tag))).toEqual([]);
      });
    }
  });
}

async function runAll(from: number, to: number): Promise<ScheduleResult[]> {
  const results: ScheduleResult[] = [];
  for (let seed = from; seed < to; seed += 1) results.push(await runSchedule({ seed }));
  return results;
}

function describeBroken(result: ScheduleResult): string {
  const rerun = `SEED=${result.seed} npx vitest run --project schedules one-seed`;
  return [`${rerun}   # ${result.ending}`, ...result.broken.slice(0, 6)].join('\n  ');
}
