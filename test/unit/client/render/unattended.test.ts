import { expect, test } from 'vitest';
import { formatUnattended, formatUnattendedLine } from '../../../../client/render/unattended.ts';
import type { LastKnown } from '../../../../workflows/contract/last-known.ts';

const nowMs = Date.parse('2026-11-20T10:05:00.000Z');
const lastKnown: LastKnown = {
  formatVersion: 1,
  phase: 'cutting-over',
  since: '2026-11-20T10:04:00.000Z',
  asOf: '2026-11-20T10:04:30.000Z',
  source: 'old',
  target: 'new',
  paused: false,
  waitsFor: [],
  tables: { total: 3, done: 3 },
  fencedUntil: '2026-11-20T10:05:20.000Z',
};
const view = { workflowId: 'w', workflow: 'RUNNING', taskQueue: 'hbase', pending: [], nowMs };

test('no worker inside a fence: when the guard gives writes back', () => {
  const text = formatUnattended({ ...view, lastKnown }).join('\n');
  expect(text).toContain('its guard gives writes back by 2026-11-20T10:05:20.000Z, in 20.0 s');
  expect(formatUnattendedLine({ ...view, lastKnown })).toContain('writes on old may be fenced');
  const later = formatUnattendedLine({ ...view, nowMs: nowMs + 60_000, lastKnown });
  expect(later).toContain('was to give writes back by');
});

test('a queue that nobody polls: since when, as far as anybody knows', () => {
  const lines = (more: object): string => formatUnattended({ ...view, ...more }).join('\n');
  expect(lines({})).toContain('no worker has polled the task queue "hbase" for minutes');
  expect(lines({ seenAt: '2026-11-20T09:05:00.000Z' })).toContain('one was last seen 1 h');
  expect(lines({ polledAt: '2026-11-20T10:02:00.000Z' })).toContain(
    'no worker has polled the task queue "hbase" for 3 min',
  );
  expect(lines({ polledAt: '2026-11-20T10:04:50.000Z' })).toContain('is starting, busy or gone');
});
