import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeDay, MARKS, toCalendar } from '../../../../client/render/backup-calendar.ts';
import { renderBackupPage } from '../../../../client/render/backup-page.ts';
import { calendarOf, entryOf, NOW, pageWith } from './page-fixture.ts';

const render = (text: string): string => renderBackupPage(pageWith(text));
const dayOf = (date: string, weeks = calendarOf()) => weeks.flat().find((day) => day.date === date)!;

test('calendar: thirteen weeks from Monday to Sunday, today in the last one', () => {
  const weeks = calendarOf();
  expect(weeks.map((week) => week.length)).toEqual(Array.from({ length: 13 }, () => 7));
  expect(weeks.flat()[0]).toMatchObject({ date: '2026-08-24', isFuture: false });
  expect(weeks.at(-1)?.map(({ date, isFuture }) => [date.slice(8), isFuture])).toEqual([
    ['16', false],
    ['17', false],
    ['18', false],
    ['19', false],
    ['20', false],
    ['21', false],
    ['22', true],
  ]);
});

test('calendar: whatever the day is, the last week holds it, and days follow each other', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (now) => {
      const days = toCalendar({ set: 'x', entries: [], damaged: new Set(), nowMs: now.getTime(), weeks: 3 }).flat();
      expect(days.slice(-7).map(({ date }) => date)).toContain(now.toISOString().slice(0, 10));
      expect(new Date(days[0]!.date).getUTCDay()).toBe(1);
      const steps = days.slice(1).map(({ date }, index) => Date.parse(date) - Date.parse(days[index]!.date));
      expect(new Set(steps)).toEqual(new Set([86_400_000]));
    }),
  );
});

test.each([
  ['2026-11-20', 'Friday: 2 × complete backup, drill that proved a restore'],
  ['2026-11-19', 'Thursday: partial backup'],
  ['2026-11-18', 'Wednesday: backup found damaged, drill that found a difference'],
  ['2026-11-17', 'Tuesday: restore'],
  ['2026-10-01', 'Thursday: backup that has expired'],
  ['2026-11-16', 'Monday: nothing'],
])('calendar: %s says %s', (date, words) => {
  expect(describeDay(dayOf(date))).toBe(`${date}, ${words}`);
});

test('calendar: another set has days of its own', () => {
  expect(describeDay(dayOf('2026-11-20', calendarOf(undefined, 'other')))).toContain('partial backup');
  expect(dayOf('2026-11-20', calendarOf([entryOf({ at: '2026-11-20T01:00:00Z', action: 'keep' })])).marks).toEqual([
    { mark: 'expired', count: 1 },
  ]);
});

test('calendar: exports of a chain that has the name of the set are no backups that have expired', () => {
  const at = '2026-11-20T01:00:00.000Z';
  const chain = (['export', 'import'] as const).map((action) => entryOf({ at, action }));
  expect(dayOf('2026-11-20', calendarOf(chain)).marks).toEqual([]);
});

test('page: every cell has its title and a shape, and the legend explains each shape', () => {
  const page = render('x');
  const cells = [...page.matchAll(/<td class="(\w+)" title="([^"]+)" aria-label="([^"]+)">([^<]+)<\/td>/g)];
  // Thirteen weeks but for tomorrow.
  expect(cells).toHaveLength(13 * 7 - 1);
  const friday = cells.find(([, , title]) => title?.startsWith('2026-11-20'));
  expect(friday?.slice(1)).toEqual(['good', friday?.[2], friday?.[2], '●✓']);
  for (const { shape, words } of Object.values(MARKS)) expect(page).toContain(`<b>${shape}</b> ${words}`);
  expect(new Set(Object.values(MARKS).map(({ shape }) => shape)).size).toBe(Object.keys(MARKS).length);
});

test('page: says level, ages against objectives, restore time, chain, bytes and next run', () => {
  const page = render('2026-11-22T02:00:00Z');
  expect(page).toContain('■ CRITICAL');
  expect(page).toMatch(/<td>last complete<\/td><td>.*, 1 h 0 min ago, objective 1 d 2 h<\/td>/);
  expect(page).toContain('<td>restore time</td><td>1 min 30 s, by the last drill</td>');
  expect(page).toContain('12, 1.0 KiB; 1 gap in the window of 7 d 0 h; last archived');
  expect(page).toContain('<td>next run</td><td>2026-11-22T02:00:00Z</td>');
  expect(page).toContain(new Date(NOW).toISOString());
});

test('page: whatever the names are, it has the same elements, no script and no network', () => {
  const elementsOf = (page: string): string => (page.match(/<[/!a-z][^>]*>/g) ?? []).join('');
  const withoutTitles = (text: string): string => elementsOf(render(text).replace(/aria-label="[^"]*"/g, ''));
  const expected = withoutTitles('x');
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => withoutTitles(text) === expected));
  expect(render('<script>alert(1)</script>')).not.toMatch(/https?:|<script|<link|@import|url\(|style="/);
});

test('page: without a set it says so', () => {
  expect(renderBackupPage({ generatedAt: 'now', sets: [], unread: [] })).toContain('no set of backups yet');
});
