import { describe, expect, test } from 'vitest';
import {
  type BackupEvidence,
  formatBackupResult,
  toBackupPage,
  toBackupResult,
} from '../../../../client/demo/backup/backup-result.ts';

const ledger = { acknowledged: 7, lost: [], resurrected: [], unexpected: [] };
function evidence(change: object = {}): BackupEvidence {
  const backup = { id: 'a', finishedAt: '2026-11-21T07:15:00Z', endMs: 1, bytes: 90, newBytes: 90 };
  return {
    backups: [{ ...backup, id: 'b', endMs: 2, bytes: 100, newBytes: 10 }, backup],
    deleted: { table: 'orders', rows: new Map([['orders\t00', {}]]), firstMs: 5_500, lastMs: 5_600 },
    toMs: 4_000,
    restored: {},
    drill: { result: 'equal' },
    rows: { lostRows: 0, mismatchedCells: 0 },
    atInstant: ledger,
    after: ledger,
    leftRuns: [],
    durationsMs: { total: 9_000 },
    ...change,
  } as unknown as BackupEvidence;
}

describe('toBackupResult', () => {
  test('all well: the newest backup, and the second', () => {
    expect(toBackupResult(evidence())).toEqual({
      ok: true,
      backups: 2,
      bytesTotal: 100,
      bytesNew: 10,
      restoredTo: '1970-01-01T00:00:04.000Z',
      deletedRows: 1,
      lostRows: 0,
      mismatchedCells: 0,
      acknowledgedWrites: 7,
      drill: 'equal',
      leaks: [],
      durationsMs: { total: 9_000 },
    });
  });

  test.each<[string, object]>([
    ['a row that did not come back', { rows: { lostRows: 1, mismatchedCells: 0 } }],
    ['a cell of theirs that differs', { rows: { lostRows: 0, mismatchedCells: 1 } }],
    ['a write that the restored table lacks', { atInstant: { ...ledger, lost: [{}] } }],
    ['a later write that it has', { atInstant: { ...ledger, unexpected: [{}] } }],
    ['a write that another table lost', { after: { ...ledger, lost: [{}] } }],
    ['a drill that differs', { drill: { result: 'different' } }],
    ['a run record that was left', { leftRuns: ['r1'] }],
    ['one backup, which is no increment', { backups: evidence().backups.slice(1) }],
    ['no row deleted', { deleted: { ...evidence().deleted, rows: new Map() } }],
    ['no write acknowledged', { atInstant: { ...ledger, acknowledged: 0 } }],
  ])('%s: is not ok, and said so', (_what, change) => {
    const result = toBackupResult(evidence(change));
    expect(result.ok).toBe(false);
    expect(formatBackupResult(result).join('\n')).toContain('SOMETHING WENT WRONG');
  });
});

test('toBackupPage: a bad figure is marked', () => {
  const { figures } = toBackupPage(toBackupResult(evidence({ leftRuns: ['r1'] })), {
    told: [],
    backups: [],
    status: [],
  });
  expect(figures.filter(({ good }) => !good).map(({ label }) => label)).toEqual(['left behind']);
});
