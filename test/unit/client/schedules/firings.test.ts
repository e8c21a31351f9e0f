import { expect, test } from 'vitest';
import { parseCron } from '../../../../client/schedules/cron.ts';
import { listSkippedRuns, measureGaps } from '../../../../client/schedules/firings.ts';
import { formatTimes, toDurationText, type Timing } from '../../../../client/schedules/timing.ts';

const NOW = Date.parse('2026-11-21T07:00:00Z');
const HOUR = 3_600_000;

function timing(cron: string, timezone = 'UTC'): Timing {
  const calendar = parseCron(cron);
  if ('problem' in calendar) throw new Error(calendar.problem);
  return { calendars: [calendar], intervals: [], timezone, jitterMs: 0, windowMs: 600_000, pauseOnFailure: false };
}

test.each([
  ['0 2 * * *', 24, 24],
  ['0 2,14 * * *', 12, 12],
  ['0 2,8 * * *', 6, 18],
  ['0 2 * * MON-FRI', 24, 72],
  ['0 0 1 * *', 28 * 24, 31 * 24],
  ['*/30 * * * *', 0.5, 0.5],
  ['0 0 29 2 *', 4 * 365.25 * 24, 4 * 365.25 * 24],
])('gaps of %j: from %f to %f hours', (cron, least, most) => {
  expect(measureGaps(timing(cron), NOW)).toEqual({ leastMs: least * HOUR, mostMs: most * HOUR });
});

test.each(['0 0 31 2 *', '0 0 31 4,6 *', '0 0 * * * 2025', '0 0 1 1 * 2027'])('%j: does not come again', (cron) => {
  expect(measureGaps(timing(cron), NOW)).toBeUndefined();
});

test('gaps of an interval: are the interval', () => {
  const every = { ...timing('0 0 * * *'), calendars: [], intervals: [{ everyMs: 5 * HOUR, offsetMs: 0 }] };
  expect(measureGaps(every, NOW)).toEqual({ leastMs: 5 * HOUR, mostMs: 5 * HOUR });
  expect(formatTimes(every)).toEqual(['every 5h']);
});

test.each([
  ['0 2 * * *', 'Europe/Berlin', ['2027-03-28 02:00']],
  ['30 2 * * SUN', 'Europe/Berlin', ['2027-03-28 02:30']],
  ['30 2 * * MON', 'Europe/Berlin', []],
  ['0 3 * * *', 'Europe/Berlin', []],
  ['59 1 * * *', 'Europe/Berlin', []],
  ['0 2 * * *', 'America/New_York', ['2027-03-14 02:00']],
  ['0 2 * * *', 'Australia/Sydney', ['2027-10-03 02:00']],
  ['15 2 * * *', 'Australia/Lord_Howe', ['2027-10-03 02:15']],
  ['0 2 * * *', 'UTC', []],
  ['0 2 * * *', 'Asia/Tokyo', []],
])('%j in %s: is skipped on %j', (cron, timezone, skipped) => {
  expect(listSkippedRuns(timing(cron, timezone), NOW)).toEqual(skipped);
});

test.each([
  [0, '0s'],
  [90_000, '1m30s'],
  [26 * HOUR, '1d2h'],
  [1_500, '1s500ms'],
  [7 * 24 * HOUR, '7d'],
])('%i ms: is %s', (ms, text) => expect(toDurationText(ms)).toBe(text));
