import { describe, expect, it } from 'vitest';
import { judgeSet, worstLevel } from '../../../client/backup-status.ts';
import { formatNagios, formatSetStatus } from '../../../client/render/backup-status.ts';
import type { BackupSummary } from '../../../workflows/contract/backup/record.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');
const ago = (hours: number): string => new Date(NOW - hours * HOUR).toISOString();

function backup(hours: number, change: Partial<BackupSummary> = {}): BackupSummary {
  return {
    id: `b${hours}`,
    set: 'nightly',
    cause: 'schedule',
    cluster: 'old',
    startedAt: ago(hours + 0.1),
    finishedAt: ago(hours),
    startMs: NOW - (hours + 0.1) * HOUR,
    endMs: NOW - hours * HOUR,
    tables: 2,
    failed: 0,
    bytes: 1_000,
    newBytes: 10,
    tags: {},
    damaged: 0,
    ...change,
  };
}

const PROVEN = {
  provenAt: ago(30),
  lastDrill: { result: 'equal', finishedAt: ago(30), restoreMs: 4_000 },
} satisfies Partial<BackupSummary>;

function judge(backups: BackupSummary[], objective = { rpoMs: 26 * HOUR, provenMs: 14 * 24 * HOUR }) {
  return judgeSet({ set: 'nightly', catalogue: { backups, damaged: [] }, objective, nowMs: NOW });
}
const messagesOf = (status: ReturnType<typeof judge>) =>
  status.problems.map(({ level, message }) => `${level} ${message}`);

describe('judgeSet', () => {
  it('fresh and proven: is ok, with ages and the measured restore time', () => {
    const status = judge([backup(48), backup(24, PROVEN), backup(2)]);
    expect(status).toMatchObject({
      level: 'ok',
      backups: 3,
      lastComplete: { id: 'b2', ageMs: 2 * HOUR },
      lastProven: { id: 'b24', ageMs: 30 * HOUR },
      restoreMs: 4_000,
    });
  });

  it('no backup at all, or only another set: is critical', () => {
    expect(messagesOf(judge([]))[0]).toBe('critical there is no complete backup');
    expect(judge([backup(1, { set: 'other' })]).level).toBe('critical');
  });

  it('older than the objective: is overdue, whatever the schedule says', () => {
    expect(messagesOf(judge([backup(30, PROVEN)]))[0]).toMatch(/^critical overdue: .* 1 d 6 h old/);
    expect(judge([backup(30, PROVEN)], {} as never).level).toBe('ok');
  });

  it('a partial or damaged newest: does not count as complete, and is said', () => {
    const partial = judge([backup(24, PROVEN), backup(2, { failed: 1 })]);
    expect([partial.level, partial.lastComplete?.id]).toEqual(['warn', 'b24']);
    expect(judge([backup(24, PROVEN), backup(2, { damaged: 3 })]).level).toBe('critical');
  });

  it('proofs: never is a warning, too old is a warning, a drill that differed is critical', () => {
    expect(messagesOf(judge([backup(2)]))).toEqual(['warn no backup is proven by a drill']);
    expect(judge([backup(2), backup(24, { provenAt: ago(400) })]).level).toBe('warn');
    const lastDrill = { result: 'different', finishedAt: ago(1), restoreMs: 1 } as const;
    expect(judge([backup(24, PROVEN), backup(2, { lastDrill })]).level).toBe('critical');
  });

  it('a backup that was found wanting: is neither the last complete nor the last proven one, and is said', () => {
    const lastDrill = { result: 'different', finishedAt: ago(40), restoreMs: 1 } as const;
    const disproved = judge([backup(24, PROVEN), backup(2, { lastDrill })]);
    expect([disproved.lastComplete?.id, disproved.lastProven?.id]).toEqual(['b24', 'b24']);
    expect(messagesOf(disproved)).toEqual(['warn the last drill of b2 found a difference']);
    const damaged = judge([backup(30), backup(24, { ...PROVEN, damaged: 1 }), backup(2)]);
    expect(damaged.lastProven).toBeUndefined();
    expect(messagesOf(damaged)).toContain('warn b24 is damaged');
  });

  it('a catalogue entry that cannot be read: is critical', () => {
    const catalogue = { backups: [backup(2, PROVEN)], damaged: [{ id: 'x', path: 'p', why: 'no JSON' }] };
    expect(judgeSet({ set: 'nightly', catalogue, objective: {}, nowMs: NOW }).level).toBe('critical');
  });
});

describe('formats', () => {
  it('lines: name every fact and every problem', () => {
    const lines = formatSetStatus(judge([backup(30)]));
    expect(lines[0]).toBe('Set nightly: CRITICAL');
    expect(lines).toContainEqual(expect.stringMatching(/last complete: b30, 1 d 6 h ago, objective 1 d 2 h/));
    expect(lines).toContainEqual('\tlast proven: never, objective 14 d 0 h');
  });

  it('nagios: one line, worst level first, with performance data', () => {
    const sets = [judge([backup(2, PROVEN)]), judge([])];
    expect(worstLevel(sets)).toBe('critical');
    expect(formatNagios(sets)).toMatch(
      /^BACKUP CRITICAL - nightly: there is no complete backup.* \| 'nightly age'=7200s/,
    );
    expect(formatNagios(sets.slice(0, 1))).toMatch(/^BACKUP OK - 1 sets \| /);
  });
});
