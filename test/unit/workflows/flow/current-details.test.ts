import { expect, test } from 'vitest';
import { toCurrentDetails } from '../../../../workflows/flow/current-details.ts';
import { status, tableStatus, verdict } from './status-fixture.ts';

const bytes = (text: string): number => Buffer.byteLength(text);

test('current details: says phase, since when, and as of', () => {
  const text = toCurrentDetails(status({ phase: 'catching-up', runId: 'abc123' }));
  expect(text).toContain('**catching up** since 2026-11-20 10:00:00 UTC\n\n');
  expect(text).toContain('old → new · run `abc123` · as of 2026-11-20 10:02:03 UTC');
});

test('current details: every list begins after an empty line, without which the page shows it as text', () => {
  const since = '2026-11-20T09:00:00.000Z';
  const text = toCurrentDetails(
    status({
      blockers: [{ code: 'disk', message: 'full', since }],
      tables: [tableStatus('shop:a')],
      residues: [{ cluster: 'old', what: 'fence', command: 'unfence' }],
    }),
  );
  const lines = text.split('\n');
  const begins = lines.filter((line, index) => line.startsWith('- ') && !lines[index - 1]?.startsWith('- '));
  expect(begins).toHaveLength(3);
  for (const line of begins) expect(lines[lines.indexOf(line) - 1]).toBe('');
});

test('current details: the backlog is shown while something replicates', () => {
  const backlog = { wals: 1, bytes: 83, oldestMs: 0, probeLagMs: 1_700, asOf: '2026-11-20T10:00:00.000Z' };
  expect(toCurrentDetails(status({ phase: 'catching-up', backlog }))).toContain(
    '**Replication** 1 WAL, 83 B, lag 1.7 s, at 2026-11-20 10:00:00 UTC',
  );
  expect(toCurrentDetails(status({ phase: 'done', backlog }))).not.toContain('Replication');
});

test('current details: each blocker has its start and its cure', () => {
  const blocker = {
    code: 'disk',
    message: 'disk 91 % full',
    since: '2026-11-20T09:00:00.000Z',
    fix: 'free space, then resume',
  };
  expect(toCurrentDetails(status({ blockers: [blocker] }))).toContain(
    '- **disk** since 2026-11-20 09:00:00 UTC: disk 91 % full → free space, then resume',
  );
});

test('current details: the approval to paste is JSON with the digest', () => {
  const text = toCurrentDetails(
    status({ canCutOver: true, evidenceDigest: 'e1', approvalExpiresAt: '2026-11-21T10:00:00.000Z' }),
  );
  const json = /`(\{.*\})`/.exec(text)?.[1] ?? '';
  expect(JSON.parse(json)).toEqual({ by: 'your name', digest: 'e1' });
  expect(text).toContain('until 2026-11-21 10:00:00 UTC');
});

test('current details: without a gate there is nothing to approve', () => {
  expect(toCurrentDetails(status({ evidenceDigest: 'e1', canCutOver: false }))).not.toContain('approveCutover');
});

test('current details: twelve tables, the troubled first, and how many more', () => {
  const tables = Array.from({ length: 40 }, (_, index) => tableStatus(`shop:t${index}`));
  tables[39] = tableStatus('shop:bad', { phase: 'quarantined', failure: { code: 'job.failed', message: 'boom' } });
  const text = toCurrentDetails(status({ tables }));
  const lines = text.split('\n').filter((line) => line.startsWith('- `'));
  expect(lines[0]).toBe('- `shop:bad` quarantined, 1.2 MB, job.failed: boom');
  expect(lines).toHaveLength(12);
  expect(text).toContain('- and 28 more');
  expect(text).toContain('**40 tables**: 39 waiting, 1 quarantined');
});

test('current details: never more than 2 KB, however much there is to say', () => {
  const long = 'ä'.repeat(3_000);
  const since = '2026-11-20T09:00:00.000Z';
  const text = toCurrentDetails(
    status({
      tables: Array.from({ length: 500 }, (_, index) =>
        tableStatus(`${'n'.repeat(150)}:t${index}`, { verification: verdict('t') }),
      ),
      blockers: Array.from({ length: 30 }, (_, index) => ({
        code: 'verification',
        table: `t${index}`,
        message: long,
        since,
        fix: long,
      })),
      notices: [{ at: since, message: long }],
      residues: Array.from({ length: 30 }, () => ({ cluster: 'old', what: long, command: long })),
      canCutOver: true,
      evidenceDigest: 'e'.repeat(64),
      failure: { code: 'internal', message: long },
    }),
  );
  expect(bytes(text)).toBeLessThanOrEqual(2_048);
  expect(text).toContain('Waiting for');
});

test('current details: line breaks in a message do not break the list', () => {
  const blocker = { code: 'held', message: 'first\n\n# second', since: '2026-11-20T09:00:00.000Z' };
  expect(toCurrentDetails(status({ blockers: [blocker] }))).toContain('first # second');
});
