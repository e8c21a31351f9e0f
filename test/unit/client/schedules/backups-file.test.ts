import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Failure } from '../../../../activities/failure.ts';
import { parseInventory } from '../../../../activities/inventory/load-inventory.ts';
import { BACKUPS_FIELDS } from '../../../../client/schedules/backups-schema.ts';
import { adviseOnBackups } from '../../../../client/schedules/advise.ts';
import { loadBackupsFile, parseBackupsFile, type BackupsFile } from '../../../../client/schedules/backups-file.ts';
import { formatTimes } from '../../../../client/schedules/timing.ts';

const NOW = Date.parse('2026-11-21T07:00:00Z');
const INVENTORY = parseInventory(
  'c.yaml',
  `
clusters:
  old: { ssh: { host: a, user: u, useAgent: true } }
  new: { ssh: { host: b, user: u, useAgent: true } }
storageRoots: { backups: { uri: 'hdfs://x/backups' } }
alerts: { page: { command: { argv: [page] } } }
`,
);

const parse = (text: string, inventory?: typeof INVENTORY): BackupsFile =>
  parseBackupsFile(text, { file: 'b.yaml', nowMs: NOW, inventory });

function problemsOf(text: string, inventory?: typeof INVENTORY): string[] {
  try {
    parse(text, inventory);
  } catch (error) {
    if (error instanceof Failure && error.code === 'backups.invalid') {
      return error.problems.map(({ field, message }) => `${field} ${message}`);
    }
    throw error;
  }
  return [];
}

/** One set with these fields beside the required ones. */
const withFields = (fields: string, schedule = `{ cron: '0 3 * * *' }`): string =>
  `sets:\n  a: { cluster: old, tables: [t], root: backups, schedule: ${schedule}, ${fields} }\n`;

test('backups file: a small one gets its defaults', () => {
  const { sets } = parse(withFields('keep: { last: 7 }, drill: { every: 7d }, pointInTime: { window: 7d }'));
  const [set] = sets;
  expect(set).toMatchObject({ name: 'a', cluster: 'old', tables: ['t'], root: 'backups', tags: {} });
  expect(set?.schedule).toMatchObject({ timezone: 'UTC', jitterMs: 0, windowMs: 600_000, pauseOnFailure: false });
  expect(set?.drill?.on).toBe('old');
  expect([set?.expiry?.timing, set?.drill?.timing, set?.archive?.timing].map((t) => formatTimes(t ?? EMPTY))).toEqual([
    ['every 1d from 12h'],
    ['every 7d'],
    ['every 15m'],
  ]);
});
const EMPTY = { calendars: [], intervals: [] };

test('backups file: expiry and drill take the time zone of the set', () => {
  const text = withFields(
    `keep: { last: 7 }, expire: { cron: '0 9 * * *' }, drill: { cron: '0 9 * * SAT', timezone: UTC }`,
    `{ cron: '0 3 * * *', timezone: Europe/Berlin }`,
  );
  const [set] = parse(text).sets;
  expect(set?.expiry).toMatchObject({ keep: { timezone: 'Europe/Berlin' }, timing: { timezone: 'Europe/Berlin' } });
  expect(set?.drill?.timing.timezone).toBe('UTC');
});

test('backups file: all problems at once, with line and column', () => {
  const text = `
sets:
  a:
    cluster: old
    tables: [orders, 'hbase:meta']
    root: backups
    schedule: { corn: '0 2 * * *', calendar: { hour: 25, huor: 2 }, timezone: europe/berlin }
    keeps: { last: 7 }
    alerts: { to: 'https://hooks.example.org/x', token: abc }
  b:
    cluster: old
    root: backups
    tables: []
    schedule: { cron: '0 2 * *', every: 5 }
`;
  expect(problemsOf(text)).toEqual([
    expect.stringMatching(/^b.yaml:5:22: sets.a.tables.1 "hbase:meta" is one of HBase's/),
    expect.stringMatching(/^b.yaml:7:54: sets.a.schedule.calendar.hour 25 must be from 0 to 23/),
    expect.stringMatching(/^b.yaml:7:58: .* "huor" is an unknown field. Did you mean "hour"\?/),
    expect.stringMatching(/^b.yaml:7:79: .*"europe\/berlin" must be .* Did you mean "Europe\/Berlin"\?/),
    expect.stringMatching(/^b.yaml:7:17: .* "corn" is an unknown field. Did you mean "cron"\?/),
    expect.stringMatching(/^b.yaml:8:5: sets.a.keeps "keeps" is an unknown field. Did you mean "keep"\?/),
    expect.stringMatching(/^b.yaml:9:19: sets.a.alerts.to .* never a command line or an URL/),
    expect.stringMatching(/^b.yaml:9:50: .*"token" is refused: this file holds no secrets/),
    expect.stringMatching(/^b.yaml:13:13: sets.b.tables \[\] must name at least one/),
    expect.stringMatching(/^b.yaml:14:23: sets.b.schedule.cron "0 2 \* \*" must have five fields/),
    expect.stringMatching(/^b.yaml:14:41: sets.b.schedule.every 5 must be a duration/),
  ]);
});

test.each([
  ['{ every: 5m, jitter: 5m }', 'jitter "5m" must be shorter than the 5m between two runs'],
  [`{ cron: '*/10 * * * *', jitter: 15m }`, 'must be shorter than the 10m'],
  [`{ cron: '0 0 31 2 *' }`, 'it never fires, or only once'],
  [`{ cron: '0 0 * * *', every: 1h }`, 'exactly one of "cron", "calendar" and "every"'],
  ['{ timezone: UTC }', 'exactly one of'],
  ['{ every: 1h1ms }', 'whole seconds'],
  ['{ every: 1h, jitter: 10ms }', 'whole seconds'],
  ['{ every: 1h, timezone: UTC }', 'has no effect on "every"'],
  [`{ cron: '0 0 * * *', offset: 1h }`, 'has an effect on "every" only'],
  ['{ every: 1h, offset: 1h }', 'must be shorter than "every"'],
  [`{ calendar: { second: '*', minute: 0, hour: 3 } }`, 'more often than once a minute'],
  ['{ calendar: { dayOfWeek: FUNDAY } }', 'or SUNDAY to SATURDAY'],
  ['{ calendar: { hour: { start: 5, end: 2 } } }', 'calendar.hour'],
  ['{ calendar: { hour: { start: 5, stop: 7 } } }', 'calendar.hour'],
  ['{ calendar: [] }', 'calendar'],
  [`{ cron: '0 0 * * *', window: 5s }`, 'duration from "10s"'],
  [`{ cron: '0 0 * * *', timezone: Europe/Belrin }`, 'Did you mean "Europe/Berlin"?'],
  [`{ cron: '0 0 * * *', timezone: '+01:00' }`, 'IANA name'],
  [`{ cron: '0 0 * * *', timezone: 5 }`, 'IANA name'],
])('schedule %s: is refused, %s', (schedule, why) => {
  const found = problemsOf(withFields('tags: {}', schedule));
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(why);
});

test.each(['Europe/Kiev', 'US/Pacific', 'Etc/GMT+3', 'UTC', 'Asia/Calcutta'])('time zone %s: is taken', (timezone) => {
  expect(problemsOf(withFields('tags: {}', `{ cron: '0 0 * * *', timezone: ${timezone} }`))).toEqual([]);
});

test.each([
  ['keep: {}', 'keeps nothing'],
  ['keep: { last: 0, timezone: UTC }', 'keeps nothing'],
  ['keep: { last: -1 }', 'whole number'],
  [`expire: { cron: '0 9 * * *' }`, 'no effect without "keep"'],
  ['drill: { on: new }', 'exactly one of'],
  ['pointInTime: {}', 'pointInTime.window is missing'],
  ['tags: { team: 7 }', 'tags.team'],
  ['tags: { "a b": x }', 'names are letters'],
  ['objective: { rpo: 1 day }', 'duration'],
])('%s: is refused, %s', (fields, why) => {
  expect(problemsOf(withFields(fields))).toEqual([expect.stringContaining(why)]);
});

test.each(['', 'sets: {}', 'sets: []', 'sets: { a: null }', '- 1', 'sets: { "../x": {} }'])(
  'file %j: is refused',
  (text) => {
    expect(problemsOf(text)).not.toEqual([]);
  },
);

test('with the clusters file: names are looked up, the nearest one is named', () => {
  const text = `sets:\n  a: { cluster: odl, tables: [t], root: backup, schedule: { every: 1d }, drill: { every: 7d, on: nwe }, alerts: { to: [pager] } }\n`;
  expect(problemsOf(text, INVENTORY).map((problem) => /did you mean "(\w+)"/.exec(problem)?.[1])).toEqual([
    'old',
    'new',
    'backups',
    'page',
  ]);
  expect(problemsOf(withFields('drill: { every: 7d, on: new }, alerts: { to: page }'), INVENTORY)).toEqual([]);
});

test('no file: says how to make one, and the example loads', () => {
  try {
    loadBackupsFile('/nowhere/b.yaml', { nowMs: NOW });
    expect.unreachable();
  } catch (error) {
    const [, example = ''] = (error as Error).message.split('Make one, e.g.:\n\n');
    const file = parse(example, INVENTORY);
    expect(file.sets).toHaveLength(1);
    expect(adviseOnBackups(file, NOW)).toEqual([]);
  }
});

test.each([
  [`objective: { rpo: 20h }, keep: { last: 1 }`, 'rpo 20h cannot be met with 1d between two backups'],
  [`objective: { proven: 14d }, keep: { last: 1 }`, 'cannot be met without "drill"'],
  [`objective: { proven: 5d }, drill: { every: 7d }, keep: { last: 1 }`, 'proven 5d cannot be met with 7d'],
  [`tags: {}`, 'nothing expires without "keep"'],
])('advice on %s: %s', (fields, advice) => {
  expect(adviseOnBackups(parse(withFields(fields)), NOW)).toEqual([expect.stringContaining(advice)]);
});

test('advice: a time that daylight saving skips is named with its date', () => {
  const file = parse(withFields('keep: { last: 1 }', `{ cron: '0 2 * * *', timezone: Europe/Berlin }`));
  expect(adviseOnBackups(file, NOW)).toEqual([expect.stringContaining('no backup runs on 2027-03-28 02:00')]);
});

const PAGE = new URL('../../../../docs/backup-schedules.md', import.meta.url);
test('docs/backup-schedules.md: every example loads, and every field has a row', () => {
  const page = readFileSync(PAGE, 'utf8');
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);
  expect(examples.length).toBeGreaterThan(0);
  for (const yaml of examples) expect(problemsOf(yaml)).toEqual([]);
  const fields = Object.values(BACKUPS_FIELDS).flat();
  expect(fields.filter((field) => !new RegExp(`^\\| [^|]*\`[^|]*\\b${field}\\b`, 'm').test(page))).toEqual([]);
});
