import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../../../activities/steps/backup/calendar.ts';
import { decideRetention, type RetentionOptions } from '../../../../../activities/steps/backup/retention.ts';
import type { BackupState } from '../../../../../workflows/contract/backup/record.ts';
import type { Retention } from '../../../../../workflows/contract/backup/requests.ts';
import { buildState, disproved, policyOf, proven } from '../../../backup/build-backup.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-11-21T12:00:00Z');

function decide(states: BackupState[], rules: Partial<Retention>, options: Partial<RetentionOptions> = {}) {
  return decideRetention(states, { policy: policyOf(rules), nowMs: NOW_MS, ...options });
}

/** Start of each kept backup, with the reason. */
function keptOf(states: BackupState[], rules: Partial<Retention>, options: Partial<RetentionOptions> = {}) {
  const decisions = decide(states, rules, options);
  return Object.fromEntries(
    states.flatMap(({ record }, index) => {
      const { action, reason } = decisions[index]!;
      return action === 'keep' ? [[record.startedAt, reason]] : [];
    }),
  );
}
const startsOf = (...args: Parameters<typeof keptOf>): string[] => Object.keys(keptOf(...args));
const at = (...starts: string[]): BackupState[] => starts.map((start) => buildState(start));
const days = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => new Date(NOW_MS - index * DAY_MS).toISOString()).toReversed();

describe('decideRetention', () => {
  it('last: keeps the newest so many, whatever the order they come in', () => {
    const starts = days(5);
    expect(startsOf(at(...starts.toReversed()), { last: 2 }).toSorted()).toEqual(starts.slice(3));
  });

  it('every decision: has a reason, and stands in the order of the backups', () => {
    const states = at('2026-11-19T00:00:00Z', '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z');
    expect(decide(states, { last: 1, daily: 2 })).toEqual([
      { id: states[0]!.record.id, action: 'expire', reason: 'no rule holds it' },
      { id: states[1]!.record.id, action: 'keep', reason: 'daily 2' },
      { id: states[2]!.record.id, action: 'keep', reason: 'last 1, daily 2, last complete' },
    ]);
  });

  it('daily: keeps the newest of each day that has one, and gaps use up no day', () => {
    const states = at('2026-11-01T01:00:00Z', '2026-11-10T01:00:00Z', '2026-11-10T23:00:00Z', '2026-11-20T01:00:00Z');
    expect(startsOf(states, { daily: 2 })).toEqual(['2026-11-10T23:00:00Z', '2026-11-20T01:00:00Z']);
  });

  it('weekly: December 31st of 2026 and January 3rd of 2027 are of one week, 2026-W53', () => {
    const states = at('2026-12-27T12:00:00Z', '2026-12-31T12:00:00Z', '2027-01-03T23:59:59Z', '2027-01-04T00:00:00Z');
    expect(startsOf(states, { weekly: 9 })).toEqual([
      '2026-12-27T12:00:00Z',
      '2027-01-03T23:59:59Z',
      '2027-01-04T00:00:00Z',
    ]);
  });

  it('monthly and yearly: keep the newest of each', () => {
    const states = at('2024-12-31T00:00:00Z', '2025-05-01T00:00:00Z', '2025-05-31T00:00:00Z', '2026-01-01T00:00:00Z');
    expect(startsOf(states, { monthly: 2 })).toEqual(['2025-05-31T00:00:00Z', '2026-01-01T00:00:00Z']);
    expect(startsOf(states, { yearly: 2 })).toEqual(['2025-05-31T00:00:00Z', '2026-01-01T00:00:00Z']);
    expect(startsOf(states, { yearly: 3 })).toHaveLength(3);
  });

  it('a day in a time zone: is that of its wall clock', () => {
    const states = at('2026-11-19T22:30:00Z', '2026-11-19T23:30:00Z', '2026-11-20T22:30:00Z');
    expect(startsOf(states, { daily: 2 })).toEqual(['2026-11-19T23:30:00Z', '2026-11-20T22:30:00Z']);
    expect(startsOf(states, { daily: 2, timezone: 'Europe/Berlin' })).toEqual([
      '2026-11-19T22:30:00Z',
      '2026-11-20T22:30:00Z',
    ]);
  });

  it('the day of 25 hours: is one day, and of its two 02:30 the later one is kept', () => {
    const states = at('2026-10-24T22:10:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-10-25T23:10:00Z');
    const timezone = 'Europe/Berlin';
    expect(startsOf(states.slice(0, 3), { daily: 5, timezone })).toEqual(['2026-10-25T01:30:00Z']);
    expect(startsOf(states, { daily: 5, timezone })).toEqual(['2026-10-25T01:30:00Z', '2026-10-25T23:10:00Z']);
  });

  it('within: keeps everything younger, and what is just as old', () => {
    const states = at('2026-11-19T11:59:59Z', '2026-11-19T12:00:00Z', '2026-11-21T12:00:00Z');
    expect(startsOf(states, { withinMs: 2 * DAY_MS })).toEqual(['2026-11-19T12:00:00Z', '2026-11-21T12:00:00Z']);
  });

  it('a clock that runs a year ahead, or backups that have stopped: expire nothing of the last weeks', () => {
    const ahead = { nowMs: NOW_MS + 365 * DAY_MS };
    expect(startsOf(at(...days(10)), { withinMs: 3 * DAY_MS }, ahead)).toEqual(days(4));
  });

  it('a clock that went backwards: keeps what it takes for the future', () => {
    const states = at('2026-11-21T11:00:00Z', '2026-11-22T12:00:00Z', '2027-01-01T00:00:00Z');
    expect(startsOf(states, { withinMs: DAY_MS })).toHaveLength(3);
    expect(startsOf(states, { last: 1 })).toEqual(['2027-01-01T00:00:00Z']);
  });

  it('two backups of one instant: are told apart by their ids, the same way in any order', () => {
    const [a, b] = ['20261121T000000Z-aa', '20261121T000000Z-bb'].map((id) =>
      buildState('2026-11-21T00:00:00Z', { record: { id } }),
    );
    for (const states of [
      [a!, b!],
      [b!, a!],
    ]) {
      const expired = decide(states, { daily: 1 }).filter(({ action }) => action === 'expire');
      expect(expired.map(({ id }) => id)).toEqual(['20261121T000000Z-aa']);
    }
  });

  it('sets, and clusters that name a set alike: are decided each by itself', () => {
    const starts = ['2026-11-19T00:00:00Z', '2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'];
    const states = starts.map((start, index) => {
      const cluster = { name: 'old', clusterId: index === 0 ? 'c2' : 'c1', version: '2.6.1' };
      return buildState(start, { record: { cluster, set: index === 1 ? 'other' : 'shop' } });
    });
    expect(startsOf(states, { last: 1 })).toEqual(starts);
  });
});

describe('decideRetention, partial backups', () => {
  it('a partial one beside a complete one of its day: goes, though it is newer', () => {
    const states = [
      buildState('2026-11-20T01:00:00Z'),
      buildState('2026-11-20T02:00:00Z', { partial: true }),
      buildState('2026-11-21T01:00:00Z'),
    ];
    expect(startsOf(states, { daily: 7 })).toEqual(['2026-11-20T01:00:00Z', '2026-11-21T01:00:00Z']);
    expect(decide(states, { daily: 7 })[1]!.reason).toBe('partial, and no rule holds it');
  });

  it('partial ones of nights without a complete one: are kept, but push no complete one out', () => {
    const partial = days(6).slice(2);
    const states = [...at(...days(6).slice(0, 2)), ...partial.map((start) => buildState(start, { partial: true }))];
    expect(startsOf(states, { daily: 2 })).toEqual([...days(6).slice(0, 2), ...partial.slice(2)]);
    expect(startsOf(states, { last: 1 })).toEqual([days(6)[1], partial[3]]);
  });

  it('a set with partial ones only: keeps the newest', () => {
    const states = days(3).map((start) => buildState(start, { partial: true }));
    expect(startsOf(states, { last: 1 })).toEqual([days(1)[0]]);
    expect(startsOf(states, { withinMs: 1 }, { nowMs: NOW_MS })).toEqual([days(1)[0]]);
  });
});

describe('decideRetention, what no rule may take', () => {
  const old = '2020-01-01T00:00:00Z';
  const older = '2019-01-01T00:00:00Z';

  it('the last proven one: stays, however old; those proven before it go', () => {
    const states = [buildState(older, proven()), buildState(old, proven()), ...at(...days(3))];
    expect(keptOf(states, { last: 1 })).toEqual({ [old]: 'last proven', [days(1)[0]!]: 'last 1, last complete' });
  });

  it('the last complete one: stays behind any number of partial ones', () => {
    const states = [buildState(old), ...days(3).map((start) => buildState(start, { partial: true }))];
    expect(keptOf(states, { withinMs: DAY_MS })[old]).toBe('within 1d, last complete');
  });

  it('a kept one: stays with the words it was kept with', () => {
    const states = [buildState(old, { keptFor: 'audit 2020' }), ...at(...days(2))];
    expect(keptOf(states, { last: 1 })[old]).toBe('kept: audit 2020');
  });

  it('a base of the point-in-time window: stays', () => {
    const states = [buildState(old), ...at(...days(2))];
    const neededBases = new Set([states[0]!.record.id]);
    expect(keptOf(states, { last: 1 }, { neededBases })[old]).toBe('base of the point-in-time window');
  });

  it('a damaged one: stays for a person, and takes no place in a rule', () => {
    const states = [...at(...days(3).slice(0, 2)), buildState(days(1)[0]!, { damaged: ['archive/x'] })];
    expect(startsOf(states, { last: 2 })).toHaveLength(3);
    expect(keptOf(states, { last: 1 })).toEqual({
      [days(3)[1]!]: 'last 1, last complete',
      [days(1)[0]!]: 'damaged (1 found by verify): a person decides',
    });
  });

  it('one that a drill found different: stays for a person, and is neither last proven nor last complete', () => {
    const states = [
      buildState(older, proven()),
      buildState(old),
      buildState(days(1)[0]!, { ...proven(), ...disproved() }),
    ];
    expect(keptOf(states, { last: 1 })).toEqual({
      [older]: 'last proven',
      [old]: 'last 1, last complete',
      [days(1)[0]!]: 'its last drill found differences: a person decides',
    });
  });

  it('an expiry that has begun: is finished, also of a damaged one, and the backup takes no place in a rule', () => {
    const begun = { expiringSince: '2026-11-21T00:00:00Z', damaged: ['archive/x'] };
    const states = [...at(...days(3).slice(0, 2)), buildState(days(1)[0]!, begun)];
    expect(startsOf(states, { last: 1 })).toEqual([days(3)[1]]);
    expect(decide(states, { last: 1 })[2]!.reason).toBe('its expiry began at 2026-11-21T00:00:00Z and is finished');
  });

  it('one that was kept after its expiry had begun: stays, and nothing relies on it', () => {
    const begun = { expiringSince: '2026-11-21T00:00:00Z', keptFor: 'a lawsuit', ...proven() };
    const states = [...at(...days(3).slice(0, 2)), buildState(days(1)[0]!, begun)];
    expect(keptOf(states, { last: 1 })).toEqual({
      [days(3)[1]!]: 'last 1, last complete',
      [days(1)[0]!]: 'kept: a lawsuit (its expiry had begun at 2026-11-21T00:00:00Z: verify that its files are there)',
    });
  });

  it('a policy that keeps nothing: is refused', () => {
    expect(() => decide(at(...days(1)), {})).toThrow('keeps nothing');
    expect(() => decide([], { last: 0, timezone: 'Europe/Berlin' })).toThrow('keeps nothing');
  });

  it('a time zone that nobody knows: is refused', () => {
    expect(() => decide(at(...days(1)), { last: 1, timezone: 'Mars/Base' })).toThrow('"Mars/Base" is not known');
  });
});

describe('createCalendar', () => {
  it.each([
    ['2026-01-01', '2026-W01'],
    ['2020-12-31', '2020-W53'],
    ['2021-01-03', '2020-W53'],
    ['2021-01-04', '2021-W01'],
    ['2024-12-30', '2025-W01'],
    ['2027-01-01', '2026-W53'],
    ['2000-01-02', '1999-W52'],
  ])('%s: is in %s', (day, week) => {
    expect(createCalendar('UTC')(Date.parse(day))).toMatchObject({ day, week });
  });

  it('the day that Apia left out: belongs to no period', () => {
    const calendar = createCalendar('Pacific/Apia');
    const hours = Array.from({ length: 72 }, (_, hour) => Date.parse('2011-12-29T00:00:00Z') + hour * 3_600_000);
    expect([...new Set(hours.map((ms) => calendar(ms).day))]).toEqual([
      '2011-12-28',
      '2011-12-29',
      '2011-12-31',
      '2012-01-01',
    ]);
  });
});
