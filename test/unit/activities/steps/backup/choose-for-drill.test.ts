import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseForDrill } from '../../../../../activities/steps/backup/choose-for-drill.ts';
import { buildState, disproved, proven } from '../../../backup/build-backup.ts';

const DAYS = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'] as const;
const choose = (states: ReturnType<typeof buildState>[], set?: string) =>
  chooseForDrill(states, { set })?.record.startedAt;

test('chooseForDrill: the oldest of those that were never drilled', () => {
  expect(choose(DAYS.map((day) => buildState(day)))).toBe(DAYS[0]);
});

test('chooseForDrill: one that was drilled waits for those that were not looked at since', () => {
  const states = [buildState(DAYS[0], proven('2026-01-10T00:00:00Z')), buildState(DAYS[1]), buildState(DAYS[2])];
  expect(choose(states)).toBe(DAYS[1]);
  expect(choose([states[0]!])).toBe(DAYS[0]);
});

test('chooseForDrill: a backup that was found different does not keep the others from their turn', () => {
  const states = [buildState(DAYS[0], disproved('2026-01-10T00:00:00Z')), buildState(DAYS[1])];
  expect(choose(states)).toBe(DAYS[1]);
});

test('chooseForDrill: never a partial, damaged or expiring one, nor one of another set', () => {
  const unfit = [
    buildState(DAYS[0], { partial: true }),
    buildState(DAYS[0], { damaged: ['x'] }),
    buildState(DAYS[0], { expiringSince: DAYS[1] }),
    buildState(DAYS[0], { record: { set: 'other' } }),
  ];
  expect(choose(unfit, 'shop')).toBeUndefined();
  expect(choose([...unfit, buildState(DAYS[2])], 'shop')).toBe(DAYS[2]);
});

test('chooseForDrill: drills in turn come to every backup, whatever the order of the catalogue', () => {
  const order = fc.shuffledSubarray([...DAYS], { minLength: DAYS.length });
  fc.assert(
    fc.property(order, (days) => {
      const states = new Map(days.map((day) => [day as string, buildState(day)]));
      const seen = DAYS.map((_, turn) => {
        const chosen = choose([...states.values()])!;
        states.set(chosen, buildState(chosen, proven(`2026-02-0${turn + 1}T00:00:00Z`)));
        return chosen;
      });
      expect(seen).toEqual(DAYS);
    }),
  );
});
