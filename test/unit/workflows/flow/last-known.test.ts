import { expect, test } from 'vitest';
import { toLastKnown } from '../../../../workflows/flow/last-known.ts';
import { status, tableStatus } from './status-fixture.ts';

const since = '2026-11-20T10:00:00.000Z';

test('last known status: stays within 2 KB, says how much it leaves out', () => {
  const blockers = Array.from({ length: 40 }, (_, at) => ({
    code: 'table-quarantined',
    table: `shop:${'t'.repeat(40)}${at}`,
    message: 'x'.repeat(5_000),
    since,
  }));
  const tables = [tableStatus('a', { phase: 'restored' }), tableStatus('b'), tableStatus('c', { leftOutBy: 'ann' })];
  const memo = toLastKnown(status({ blockers, tables }));
  expect(JSON.stringify(memo).length).toBeLessThan(2_000);
  expect(memo).toMatchObject({ more: 35, tables: { total: 2, done: 1 } });
});

test('last known status: a fence has its end until the attempt is decided', () => {
  const attempt = { epoch: 1, approvedBy: 'ann', steps: [], guardedUntil: since };
  expect(toLastKnown(status({ cutovers: [attempt] })).fencedUntil).toBe(since);
  expect(toLastKnown(status({ cutovers: [{ ...attempt, outcome: 'unfenced' }] })).fencedUntil).toBeUndefined();
});
