import { describe, expect, test } from 'vitest';
import {
  formatDemoResult,
  toDemoResult,
  toReportPage,
  type DemoEvidence,
} from '../../../../client/demo/demo-result.ts';
import type { MigrationReport } from '../../../../workflows/contract/status.ts';
import { status, tableStatus } from '../../workflows/flow/status-fixture.ts';

function report(change: Partial<MigrationReport> = {}): MigrationReport {
  return { ...status({ phase: 'done', tables: [tableStatus('a')] }), verifiedCells: 10, writePauseMs: [5], ...change };
}
function evidence(change: Partial<DemoEvidence> = {}): DemoEvidence {
  const check = { acknowledged: 7, lost: [], resurrected: [] };
  return {
    reports: [report({ durationsMs: { copying: 1_000 } }), report({ durationsMs: { copying: 500, verifying: 20 } })],
    checks: [check, check] as unknown as DemoEvidence['checks'],
    pauses: [{ pauseMs: 900 }, { pauseMs: 1_200 }] as unknown as DemoEvidence['pauses'],
    leftRuns: [],
    workerKills: 1,
    sandboxMs: 3_000,
    totalMs: 9_000,
    ...change,
  };
}

describe('toDemoResult', () => {
  test('all well: sums over both waves', () => {
    expect(toDemoResult(evidence())).toMatchObject({
      ok: true,
      acknowledgedWrites: 14,
      lostWrites: 0,
      verifiedCells: 20,
      writePauseMs: [900, 1_200],
      tables: ['a', 'a'],
      leaks: [],
      durationsMs: { sandbox: 3_000, copying: 1_500, verifying: 20, total: 9_000 },
    });
  });

  const check = { acknowledged: 1, lost: [], resurrected: [] };
  test.each<[string, Partial<DemoEvidence>]>([
    ['a lost write', { checks: [{ ...check, lost: [{}] }] as unknown as DemoEvidence['checks'] }],
    ['a resurrected cell', { checks: [{ ...check, resurrected: [{}] }] as unknown as DemoEvidence['checks'] }],
    ['a leak', { reports: [report({ leaks: ['old: peer p'] })] }],
    ['a run record that was left', { leftRuns: ['r1'] }],
    ['a wave that did not end well', { reports: [report({ phase: 'failed' })] }],
  ])('%s: is not ok, and said so', (_what, change) => {
    const result = toDemoResult(evidence(change));
    expect(result.ok).toBe(false);
    expect(formatDemoResult(result).join('\n')).toContain('SOMETHING WENT WRONG');
  });

  test.each<[string, Partial<DemoEvidence>]>([
    ['no wave', { reports: [] }],
    ['no acknowledged write', { checks: [] }],
  ])('%s: proves nothing, so it is not ok', (_what, change) => {
    expect(toDemoResult(evidence(change)).ok).toBe(false);
  });
});

test('toReportPage: a bad figure is marked', () => {
  const { figures } = toReportPage(toDemoResult(evidence({ leftRuns: ['r1'] })), []);
  expect(figures.filter(({ good }) => !good).map(({ label }) => label)).toEqual(['left behind']);
});
