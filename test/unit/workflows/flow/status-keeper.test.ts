import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MigrationStatus } from '../../../../workflows/contract/status.ts';
import { StatusKeeper } from '../../../../workflows/flow/status-keeper.ts';
import { tableStatus, verdict } from './status-fixture.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-20T10:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

const create = (publish: (status: MigrationStatus) => void = () => undefined): StatusKeeper =>
  new StatusKeeper({ workflowId: 'w', source: 'old', target: 'new' }, publish);

test('status: the time of each phase adds up over visits', () => {
  const keeper = create();
  vi.advanceTimersByTime(1_000);
  keeper.enter('copying');
  vi.advanceTimersByTime(5_000);
  keeper.enter('verifying');
  keeper.enter('copying');
  vi.advanceTimersByTime(2_000);
  keeper.enter('done');
  expect(keeper.status.durationsMs).toEqual({ planning: 1_000, copying: 7_000, verifying: 0 });
});

test('status: a snapshot that was taken never changes', () => {
  const seen: MigrationStatus[] = [];
  const keeper = create((status) => seen.push(status));
  keeper.update({ tables: [tableStatus('a')] });
  keeper.setTable('a', { phase: 'export' });
  expect(seen.map(({ tables }) => tables[0]?.phase)).toEqual([undefined, 'waiting', 'export']);
});

test('status: a blocker that is said again keeps its start', () => {
  const keeper = create();
  keeper.block({ code: 'lag', message: '3 WALs' });
  vi.advanceTimersByTime(60_000);
  keeper.block({ code: 'lag', message: '2 WALs' });
  expect(keeper.status.blockers).toEqual([{ code: 'lag', message: '2 WALs', since: '2026-11-20T10:00:00.000Z' }]);
});

test('status: since of a table moves only with its phase', () => {
  const keeper = create();
  keeper.update({ tables: [tableStatus('a')] });
  vi.advanceTimersByTime(1_000);
  keeper.setTable('a', { copiedBytes: 7 });
  expect(keeper.getTable('a')?.since).toBe('2026-11-20T10:00:00.000Z');
  keeper.setTable('a', { phase: 'restore' });
  expect(keeper.getTable('a')?.since).toBe('2026-11-20T10:00:01.000Z');
});

test('status: the newest 20 notices are kept', () => {
  const keeper = create();
  for (let index = 0; index < 25; index += 1) keeper.notice(`n${index}`);
  expect(keeper.status.notices.map(({ message }) => message)).toEqual(
    Array.from({ length: 20 }, (_, i) => `n${i + 5}`),
  );
});

test('report: counts only cells of tables that went over', () => {
  const keeper = create();
  const rows = [
    tableStatus('a', { verification: verdict('a') }),
    tableStatus('b', { verification: verdict('b'), leftOutBy: 'ann' }),
    tableStatus('c', { verification: verdict('c', { result: 'different' }) }),
  ];
  keeper.update({ tables: rows });
  keeper.setCutover(1, { writePauseMs: 1_500 });
  expect(keeper.toReport()).toMatchObject({ verifiedCells: 120, writePauseMs: [1_500] });
});
