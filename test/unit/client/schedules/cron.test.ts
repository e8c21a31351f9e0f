import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CALENDAR_FIELDS, FIELD_RULES, formatCalendar, type Calendar } from '../../../../client/schedules/calendar.ts';
import { parseCron } from '../../../../client/schedules/cron.ts';

const read = (line: string): string => {
  const parsed = parseCron(line);
  return 'problem' in parsed ? `refused: ${parsed.problem}` : formatCalendar(parsed);
};

test.each([
  ['0 2 * * *', '0 2 * * *'],
  ['  0   2 * * * ', '0 2 * * *'],
  ['*/20 2 * * *', '0,20,40 2 * * *'],
  ['5/20 2 * * *', '5,25,45 2 * * *'],
  ['0 8-18/5 * * MON-fri', '0 8,13,18 * * 1-5'],
  ['0 0 * * 7', '0 0 * * 0'],
  ['0 0 * * 5-7', '0 0 * * 0,5-6'],
  ['0 0 1 jan,DECEMBER *', '0 0 1 1,12 *'],
  ['0 0 * * * 2027', '0 0 0 * * * 2027'],
  ['30 0 2 * * * *', '30 0 2 * * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@Hourly', '0 * * * *'],
])('cron %j: means %j', (line, meaning) => expect(read(line)).toBe(meaning));

test.each([
  ['', 'five fields'],
  ['0 2 * *', 'five fields'],
  ['0 2 * * * * * *', 'five fields'],
  ['60 2 * * *', 'minute'],
  ['0 24 * * *', 'hour'],
  ['0 2 0 * *', 'day of the month'],
  ['0 2 * 13 *', 'month'],
  ['0 2 * * 8', 'day of the week'],
  ['0 2 * * MO', 'day of the week'],
  ['0 2 * * L', 'day of the week'],
  ['5-2 2 * * *', 'minute'],
  ['*/0 2 * * *', 'minute'],
  ['1/2/3 2 * * *', 'minute'],
  ['1-2-3 2 * * *', 'minute'],
  ['1,, 2 * * *', 'minute'],
  ['-1 2 * * *', 'minute'],
  ['0 2 * * * 1999', 'year'],
  ['0 2 1 * SUN', 'Temporal fires only when both hold'],
  ['@every 6h', 'every: 6h'],
  ['@reboot', '@daily'],
  ['CRON_TZ=Europe/Berlin 0 2 * * *', '"timezone"'],
])('cron %j: is refused, since of its %s', (line, word) => {
  expect(read(line)).toMatch(/^refused: /);
  expect(read(line)).toContain(word);
});

test('cron: whatever is typed, it is read or refused, never thrown', () => {
  const part = fc.constantFrom(
    '*',
    '0',
    '7',
    '59',
    'MON',
    'x',
    '',
    '-',
    '/',
    '1-5',
    '*/7',
    '5/3',
    '1,2',
    '@daily',
    '100',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (words) => {
      const parsed = parseCron(words.join(' '));
      if ('problem' in parsed) return parsed.problem.length > 0;
      return CALENDAR_FIELDS.every((field) => isWithin(parsed, field));
    }),
  );
});

function isWithin(calendar: Calendar, field: (typeof CALENDAR_FIELDS)[number]): boolean {
  const { least, most } = FIELD_RULES[field];
  const values = calendar[field];
  return (values.length > 0 || field === 'year') && values.every((value) => value >= least && value <= most);
}

test('cron: the text of a calendar reads as the same calendar', () => {
  const values = (least: number, most: number) =>
    fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1 });
  fc.assert(
    fc.property(values(0, 59), values(0, 23), values(1, 12), values(0, 6), (minute, hour, month, day) => {
      const line = `${minute.join()} ${hour.join()} * ${month.join()} ${day.join()}`;
      expect(read(read(line))).toBe(read(line));
    }),
  );
});
