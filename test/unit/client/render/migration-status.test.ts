import { describe, expect, test } from 'vitest';
import { formatStatus, formatStatusLine } from '../../../../client/render/migration-status.ts';
import type { MigrationStatus } from '../../../../workflows/contract/status.ts';
import type { StepProgress } from '../../../../workflows/contract/step-data.ts';
import { status, tableStatus, verdict } from '../../workflows/flow/status-fixture.ts';

const NOW_MS = Date.parse('2026-11-20T10:02:00.000Z');
const SINCE = '2026-11-20T10:00:00.000Z';

const show = (change: Partial<MigrationStatus>, progress: StepProgress[] = []): string =>
  formatStatus({ status: status({ workflowId: 'w', ...change }), progress, pending: [], nowMs: NOW_MS }).join('\n');
const showLine = (change: Partial<MigrationStatus>, progress: StepProgress[] = []): string =>
  formatStatusLine({ status: status(change), progress, pending: [], nowMs: NOW_MS });

describe('formatStatus', () => {
  test('a blocker: shows its reason, since when, and what to do', () => {
    const blockers = [{ code: 'disk', message: 'full at noon', since: SINCE, fix: 'free space' }];
    expect(show({ blockers })).toContain('waits for disk since 2 min 0 s: full at noon → free space');
  });

  test('a proven table: says of how much', () => {
    const tables = [tableStatus('a', { phase: 'verified', verification: verdict('a', { recomparedRows: 3 }) })];
    expect(show({ tables })).toContain('equal: 5 rows, 120 cells, 3 rows compared again');
  });

  test('a table that differs: names the file, never a key', () => {
    const verification = verdict('a', {
      result: 'different',
      differentRows: 2,
      examplesFile: '/x/rows',
      exampleKeys: ['ff'],
    });
    const text = show({ tables: [tableStatus('a', { phase: 'mismatch', verification })] });
    expect(text).toContain('DIFFERENT: 2 rows, examples in /x/rows');
    expect(text).not.toContain('ff');
  });

  test('the command to approve: only when it may be approved', () => {
    const command = 'temporal-hbase approve w --digest e1';
    expect(show({ canCutOver: true, evidenceDigest: 'e1' })).toContain(command);
    expect(show({ canCutOver: false, evidenceDigest: 'e1' })).not.toContain(command);
  });

  test('replication: without a probe or a forecast none is claimed', () => {
    const heldWals = { bytes: 1_024, growthBytesPerSecond: 0, freeBytes: 2_048, capacityBytes: 4_096, asOf: SINCE };
    const text = show({ backlog: { wals: 2, bytes: 1_024, oldestMs: 5, asOf: SINCE }, heldWals });
    expect(text).toContain(`replication: 2 WALs, 1.0 KiB (as of ${SINCE})`);
    expect(text).toContain('held WALs: 1.0 KiB, 2.0 KiB free');
    expect(text).not.toMatch(/lag|disk full/);
  });

  test('progress: a step without a total shows no percentage', () => {
    const step = { step: 'export', table: 'a', phase: 'copying', at: SINCE };
    expect(show({}, [step])).toContain('now: export a: copying');
    expect(show({}, [{ ...step, done: 1_024, total: 2_048, unit: 'bytes' }])).toContain('1.0 KiB of 2.0 KiB (50 %)');
    expect(show({}, [{ ...step, done: 0, total: 0 }])).not.toContain('%');
  });

  test('the end: failure, leaks and what stays on purpose', () => {
    const residues = [{ cluster: 'old', what: 'fence orders', command: 'temporal-hbase unfence old orders' }];
    const text = show({ failure: { code: 'run.leaks', message: 'left' }, leaks: ['old: peer p'], residues });
    expect(text).toContain('failed: run.leaks: left');
    expect(text).toContain('leaked: old: peer p');
    expect(text).toContain('left on purpose: fence orders (temporal-hbase unfence old orders)');
  });
});

describe('formatStatusLine', () => {
  test('one line: phase, tables, copied, reasons', () => {
    const tables = [tableStatus('a', { phase: 'export', sizeBytes: 2_048, copiedBytes: 1_024 })];
    const blockers = [{ code: 'lag', message: 'behind', since: SINCE }];
    expect(showLine({ phase: 'copying', tables, blockers })).toBe(
      'copying; a=export; copied 1.0 KiB/2.0 KiB; waits: lag 2 min 0 s',
    );
  });

  test('nothing to tell: no empty parts', () => {
    expect(showLine({ phase: 'planning', tables: [] })).toBe('planning');
  });
});
