import { describe, expect, it } from 'vitest';
import { judgeSet, worstLevel } from '../../../workflows/contract/backup/judge-set.ts';
import { formatNagios, formatSetStatus } from '../../../client/render/backup-status.ts';
import type { ArchiveOverview } from '../../../workflows/contract/backup/archive.ts';
import type { EndedRun, ScheduledPart } from '../../../workflows/contract/backup/schedule-parts.ts';
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

const ARCHIVE: ArchiveOverview = {
  set: 'nightly',
  windowMs: 48 * HOUR,
  lastTickAt: ago(0.2),
  tables: [
    { table: 'orders', intervals: [{ fromMs: NOW - 40 * HOUR, toMs: NOW - 0.2 * HOUR, bases: ['b'], endsBy: 'e' }] },
  ],
  spans: [{ fromMs: NOW - 40 * HOUR, toMs: NOW - 0.2 * HOUR, endsBy: 'it is archived' }],
  neededBases: [],
  wals: 3,
  bytes: 30,
  holders: [],
  damaged: [],
};
const FINE = { backups: [backup(2, PROVEN)], damaged: [] };

describe('judgeSet with archived WALs', () => {
  const judgeWith = (change: Partial<ArchiveOverview>, objective = {}) =>
    judgeSet({ set: 'nightly', catalogue: FINE, objective, archive: { ...ARCHIVE, ...change }, nowMs: NOW });

  it('a whole chain: is ok, and says how far it goes', () => {
    const status = judgeWith({});
    expect(status.level).toBe('ok');
    expect(status.archive).toMatchObject({ gaps: 0, wals: 3, coveredToMs: NOW - 0.2 * HOUR });
    expect(formatSetStatus(status)).toContainEqual(
      expect.stringMatching(/archived WALs: 3, 30 B; no gap in the window/),
    );
  });

  it('a gap: is critical while it reaches into the window, and is told by when it began', () => {
    const spans = (hours: number) => [
      { fromMs: 0, toMs: NOW - (hours + 1) * HOUR, endsBy: 'a peer was removed' },
      { fromMs: NOW - hours * HOUR, toMs: NOW, endsBy: '' },
    ];
    const tables = [
      { table: 'orders', intervals: [{ fromMs: NOW - HOUR, toMs: NOW, bases: ['b'], endsBy: 'it is archived' }] },
    ];
    const status = judgeWith({ spans: spans(30), tables });
    expect(status.problems).toMatchObject([{ kind: 'wal-gap', subject: ago(31), level: 'critical' }]);
    expect(status.problems[0]?.message).toContain('a peer was removed');
    expect(judgeWith({ spans: spans(50), tables }).level).toBe('ok');
  });

  it('a table that no base leads to the end: is a warning of its own', () => {
    const status = judgeWith({ tables: [...ARCHIVE.tables, { table: 'carts', intervals: [] }] });
    expect(status.problems).toMatchObject([{ kind: 'wal-gap', subject: 'carts', level: 'warn' }]);
  });

  it('ticks that do not come: are critical, also when there never was one', () => {
    const every = { archiveEveryMs: HOUR };
    expect(judgeWith({ lastTickAt: ago(3) }, every).level).toBe('ok');
    expect(judgeWith({ lastTickAt: ago(4) }, every).problems).toMatchObject([{ kind: 'wal-behind' }]);
    const never = judgeSet({ set: 'nightly', catalogue: FINE, objective: every, nowMs: NOW });
    expect(never.problems).toMatchObject([{ kind: 'wal-behind', level: 'critical' }]);
  });

  it('a file of the archive that cannot be read: is critical', () => {
    const { problems } = judgeWith({ damaged: [{ path: 'p', why: 'no JSON' }] });
    expect(problems).toMatchObject([{ kind: 'damaged', subject: 'p', level: 'critical' }]);
  });
});

describe('judgeSet with schedules', () => {
  const part = (change: Partial<ScheduledPart>): ScheduledPart => ({
    part: 'backup',
    paused: false,
    note: '',
    ...change,
  });
  const ended = (change: Partial<EndedRun>): EndedRun => ({
    workflowId: 'hbase-backup/nightly-2026',
    endedAt: ago(1),
    outcome: 'failed',
    ...change,
  });
  const judgeWith = (schedules: ScheduledPart[], catalogue: typeof FINE = FINE) =>
    judgeSet({ set: 'nightly', catalogue, objective: {}, schedules, nowMs: NOW });

  it('a run that failed: is told with its code, critical for backups, a warning for expiry', () => {
    const lastRun = ended({ code: 'root.unusable', message: 'read-only' });
    expect(judgeWith([part({ lastRun })]).problems).toMatchObject([
      { kind: 'run-failed', subject: 'backup', level: 'critical', message: expect.stringContaining('root.unusable') },
    ]);
    expect(judgeWith([part({ part: 'expiry', lastRun })]).level).toBe('warn');
    expect(judgeWith([part({ lastRun: ended({ outcome: 'terminated' }) })]).level).toBe('critical');
  });

  it('what the root tells better: is told once', () => {
    expect(judgeWith([part({ lastRun: ended({ code: 'backup.partial' }) })]).level).toBe('ok');
    expect(judgeWith([part({ lastRun: ended({ outcome: 'completed' }) })]).level).toBe('ok');
    const lastDrill = { result: 'different', finishedAt: ago(1), restoreMs: 1 } as const;
    const differs = { ...FINE, backups: [backup(26, PROVEN), backup(2, { ...PROVEN, lastDrill })] };
    const drill = part({ part: 'drill', lastRun: ended({ code: 'backup.damaged' }) });
    expect(judgeWith([drill], differs).problems.map(({ kind }) => kind)).toEqual(['drill-differs']);
    expect(judgeWith([drill]).problems.map(({ kind }) => kind)).toEqual(['run-failed']);
  });

  it('a pause: is a warning with its note, and the next run is that of the backup', () => {
    const schedules = [part({ nextRunAt: ago(-10) }), part({ part: 'drill', paused: true, note: 'by ann' })];
    const status = judgeWith(schedules);
    expect(status.problems).toMatchObject([{ kind: 'paused', subject: 'drill', level: 'warn' }]);
    expect(status.problems[0]?.message).toContain('by ann');
    expect(status.nextRunAt).toBe(ago(-10));
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
