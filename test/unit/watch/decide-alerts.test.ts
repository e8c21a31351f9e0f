import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toState } from '../../../activities/steps/watch/judge-backups.ts';
import { decideAlerts, type SeenSet } from '../../../activities/watch/decide-alerts.ts';
import type { WatchedSet, WatchState } from '../../../workflows/contract/backup/alerts.ts';
import type { Trouble } from '../../../workflows/contract/backup/set-status.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-11-21T00:00:00Z');
const EMPTY: WatchState = { standing: [], outbox: [] };

const watchedSet = (change: Partial<WatchedSet> = {}): WatchedSet => ({
  set: 'nightly',
  cluster: 'old',
  root: 'backups',
  objective: {},
  to: ['on-call'],
  remindMs: 24 * HOUR,
  ...change,
});
const OVERDUE: Trouble = { kind: 'overdue', level: 'critical', message: 'overdue: 30 h' };
const UNPROVEN: Trouble = { kind: 'unproven', level: 'warn', message: 'never' };
const seen = (troubles: Trouble[], change: Partial<WatchedSet> & { unknown?: SeenSet['unknown'] } = {}): SeenSet => {
  const { unknown = () => false, ...rest } = change;
  return { watched: watchedSet(rest), troubles, unknown };
};

/** Watches one after the other; every message is delivered at once. */
function watch(looks: { hour: number; seen: SeenSet[] }[]) {
  let state = EMPTY;
  return looks.map(({ hour, seen: sets }) => {
    state = decideAlerts({ seen: sets, before: state, nowMs: START + hour * HOUR });
    const told = state.outbox.map(({ target, message }) => `${target} ${message.event} ${message.kind}`);
    const { outbox } = state;
    state = { ...state, outbox: [] };
    return { told, outbox };
  });
}
const toldBy = (looks: { hour: number; seen: SeenSet[] }[]): string[][] => watch(looks).map(({ told }) => told);

test('alerts: a trouble is told once, again after a day, and once when it has gone', () => {
  const looks = [0, 1, 23, 24, 25, 47, 49, 50].map((hour) => ({ hour, seen: [seen(hour < 50 ? [OVERDUE] : [])] }));
  expect(toldBy([...looks, { hour: 51, seen: [seen([])] }])).toEqual([
    ['on-call raised overdue'],
    [],
    [],
    ['on-call reminder overdue'],
    [],
    [],
    ['on-call reminder overdue'],
    ['on-call recovered overdue'],
    [],
  ]);
});

test('alerts: the message of a trouble that stands may change; it is told anew when it gets worse', () => {
  const older = { ...OVERDUE, message: 'overdue: 31 h' };
  const worse: Trouble = { ...UNPROVEN, level: 'critical' };
  expect(
    toldBy([
      { hour: 0, seen: [seen([OVERDUE, UNPROVEN])] },
      { hour: 1, seen: [seen([older, worse])] },
      { hour: 2, seen: [seen([older, UNPROVEN])] },
    ]),
  ).toEqual([['on-call raised overdue', 'on-call raised unproven'], ['on-call raised unproven'], []]);
});

test('alerts: every target is told; a set is told apart from another, a file from another', () => {
  const file = (subject: string): Trouble => ({ kind: 'damaged', subject, level: 'critical', message: subject });
  const [first, second] = watch([
    { hour: 0, seen: [seen([file('a')], { to: ['x', 'y'] }), seen([OVERDUE], { set: 'weekly' })] },
    { hour: 1, seen: [seen([file('a'), file('b')], { to: ['x', 'y'] }), seen([OVERDUE], { set: 'weekly' })] },
  ]);
  expect(first?.told).toEqual(['x raised damaged', 'y raised damaged', 'on-call raised overdue']);
  expect(second?.outbox.map(({ target, message }) => [target, message.subject])).toEqual([
    ['x', 'b'],
    ['y', 'b'],
  ]);
});

test('alerts: a gap in the WALs is told when it comes and when it has left the window, and in between no more', () => {
  const gap: Trouble = { kind: 'wal-gap', subject: 't', level: 'critical', message: 'gap' };
  const looks = [0, 30, 60].map((hour) => ({ hour, seen: [seen(hour < 60 ? [gap] : [])] }));
  expect(toldBy(looks)).toEqual([['on-call raised wal-gap'], [], ['on-call recovered wal-gap']]);
});

test('alerts: what cannot be judged now stands as it stood, and is not told to have gone', () => {
  const unreadable: Trouble = { kind: 'unreadable', level: 'critical', message: 'no route' };
  const blind = seen([unreadable], { unknown: ({ kind }) => kind !== 'unreadable' });
  expect(
    toldBy([
      { hour: 0, seen: [seen([OVERDUE])] },
      { hour: 1, seen: [blind] },
      { hour: 2, seen: [seen([OVERDUE])] },
      { hour: 3, seen: [seen([])] },
    ]),
  ).toEqual([
    ['on-call raised overdue'],
    ['on-call raised unreadable'],
    ['on-call recovered unreadable'],
    ['on-call recovered overdue'],
  ]);
});

test('alerts: what could not be delivered stays first, for a week', () => {
  const before = decideAlerts({ seen: [seen([OVERDUE])], before: EMPTY, nowMs: START });
  const later = decideAlerts({ seen: [seen([OVERDUE, UNPROVEN])], before, nowMs: START + HOUR });
  expect(later.outbox.map(({ message }) => message.kind)).toEqual(['overdue', 'unproven']);
  expect(later.outbox[0]?.message.id).toBe(before.outbox[0]?.message.id);
  const weekLater = decideAlerts({ seen: [seen([OVERDUE, UNPROVEN])], before: later, nowMs: START + 8 * 24 * HOUR });
  expect(weekLater.outbox.map(({ message }) => message.event)).toEqual(['reminder', 'reminder']);
});

test('alerts: a set without targets is remembered and told to nobody', () => {
  const state = decideAlerts({ seen: [seen([OVERDUE], { to: [] })], before: EMPTY, nowMs: START });
  expect([state.standing.length, state.outbox]).toEqual([1, []]);
});

test('alerts: a thousand troubles at once are told as fifty, and only what was told is told to have gone', () => {
  const files = Array.from({ length: 1_000 }, (_, index): Trouble => {
    return { kind: 'damaged', subject: `f${index}`, level: 'critical', message: 'x'.repeat(5_000) };
  });
  const told = toldBy([
    { hour: 0, seen: [seen(files)] },
    { hour: 1, seen: [seen(files.toReversed())] },
    { hour: 2, seen: [seen([])] },
  ]);
  expect(told.map(({ length }) => length)).toEqual([50, 0, 50]);
  const state = decideAlerts({ seen: [seen(files, { to: ['a', 'b'] })], before: EMPTY, nowMs: START });
  // An answer of Temporal holds two megabytes.
  expect(JSON.stringify(state).length).toBeLessThan(500_000);
});

test('message: is one line, says since when, and has an id of its own for everything that is told', () => {
  const outbox = watch([
    { hour: 0, seen: [seen([{ ...OVERDUE, message: 'over\ndue' }])] },
    { hour: 30, seen: [seen([OVERDUE])] },
    { hour: 60, seen: [seen([])] },
  ]).flatMap((look) => look.outbox);
  expect(outbox.map(({ message }) => message.text)).toEqual([
    '[CRITICAL] backups of nightly (old → backups): over due',
    '[CRITICAL] backups of nightly (old → backups): still, since 2026-11-21T00:00:00.000Z: overdue: 30 h',
    '[OK] backups of nightly (old → backups): recovered from: overdue: 30 h',
  ]);
  expect(outbox.map(({ message }) => message.since)).toEqual(outbox.map(() => '2026-11-21T00:00:00.000Z'));
  expect(new Set(outbox.map(({ message }) => message.id)).size).toBe(3);
});

test('alerts: in whatever order troubles come and go, each is raised before it recovers, and never twice', () => {
  const kinds = ['overdue', 'partial', 'damaged', 'unproven'] as const;
  const looks = fc.array(fc.tuple(fc.subarray([...kinds]), fc.integer({ min: 1, max: 40 })), { maxLength: 30 });
  fc.assert(
    fc.property(looks, (list) => {
      let hour = 0;
      const told = toldBy(
        list.map(([now, hours]) => {
          hour += hours;
          return { hour, seen: [seen(now.map((kind) => ({ kind, level: 'warn', message: kind })))] };
        }),
      ).flat();
      for (const kind of kinds) {
        const events = told.filter((line) => line.endsWith(` ${kind}`)).map((line) => line.split(' ')[1]);
        const story = events.map((event = '') => event.slice(0, 3)).join(' ');
        expect(story).toMatch(/^(?:rai(?: rem)* rec ?)*(?:rai(?: rem)*)?$/);
      }
    }),
  );
});

test.each([undefined, null, 'x', {}, { state: {} }, { formatVersion: 1, state: { standing: 1, outbox: [] } }])(
  'state: %j of a watch before is a fresh start',
  (before) => {
    expect(toState(before)).toEqual(EMPTY);
  },
);
