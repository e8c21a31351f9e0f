import { runSchedule, type ScheduleResult } from './harness/run-schedule.ts';

/** `node test/schedules/explore.ts <from> <seeds>`: a line per seed as it ends, without the test runner. */
const [from = '1', seeds = '100'] = process.argv.slice(2);
const startedMs = performance.now();
let bad = 0;
const told = new Map<string, number>();

for (let seed = Number(from); seed < Number(from) + Number(seeds); seed += 1) {
  const beganMs = performance.now();
  const result = await runSchedule({ seed, verbose: process.env['VERBOSE'] !== undefined });
  if (process.env['VERBOSE']) console.log(result.log.join('\n'));
  report(result, performance.now() - beganMs);
}
const tookMs = performance.now() - startedMs;
console.log(`${seeds} schedules, ${bad} broken, ${Math.round((Number(seeds) / tookMs) * 60_000)} a minute`);
console.log(Object.fromEntries([...told].toSorted(([, a], [, b]) => b - a)));
process.exit(bad === 0 ? 0 : 1);

function report({ told: tags, seed, ending, broken, virtualMs, events, writes }: ScheduleResult, ms: number): void {
  if (broken.length > 0) bad += 1;
  for (const tag of tags) told.set(tag, (told.get(tag) ?? 0) + 1);
  const head = `${seed} ${Math.round(ms)} ms, ${Math.round(virtualMs / 1_000)} s, ${events} events, ${writes} writes`;
  console.log(`${head}: ${ending.slice(0, 160)}`);
  for (const line of broken.slice(0, 8)) console.log(`    ${line.slice(0, 600)}`);
}
