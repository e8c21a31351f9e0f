import type { AuditEntry } from '../../../../workflows/contract/backup/audit.ts';
import type { SetStatus } from '../../../../workflows/contract/backup/set-status.ts';
import { toCalendar } from '../../../../client/render/backup-calendar.ts';
import type { BackupPage } from '../../../../client/render/backup-page.ts';

/** A Saturday. */
export const NOW = Date.parse('2026-11-21T09:00:00Z');

export function entryOf(change: Partial<AuditEntry> & Pick<AuditEntry, 'at' | 'action'>): AuditEntry {
  const backup = `${change.at.replace(/[-:]/g, '').slice(0, 15)}Z-a`;
  return { root: 'backups', backup, set: 'nightly', by: 'x', detail: 'x', ...change };
}

/** Every kind of mark, on days of their own and together. */
export const ENTRIES: AuditEntry[] = [
  entryOf({ at: '2026-11-20T03:05:00.000Z', action: 'backup' }),
  entryOf({ at: '2026-11-20T09:05:00.000Z', action: 'backup' }),
  entryOf({ at: '2026-11-20T10:00:00.000Z', action: 'proof', backup: '20261120T030500Z-a' }),
  entryOf({ at: '2026-11-19T03:05:00.000Z', action: 'backup', bad: true }),
  entryOf({ at: '2026-11-18T03:05:00.000Z', action: 'backup' }),
  entryOf({ at: '2026-11-18T10:00:00.000Z', action: 'proof', bad: true, backup: '20261118T030500Z-a' }),
  entryOf({ at: '2026-11-17T03:05:00.000Z', action: 'restore', backup: '20261120T030500Z-a' }),
  entryOf({ at: '2026-11-16T12:00:00.000Z', action: 'expire', backup: '20261001T030000Z-b' }),
  entryOf({ at: '2026-11-16T12:10:00.000Z', action: 'expired', backup: '20261001T030000Z-b' }),
  entryOf({ at: '2026-11-20T03:05:00.000Z', action: 'backup', set: 'other', bad: true }),
];

export const calendarOf = (entries: readonly AuditEntry[] = ENTRIES, set = 'nightly') =>
  toCalendar({ set, entries, damaged: new Set(['20261118T030500Z-a']), nowMs: NOW });

/** A set with everything that a page can show, and this text wherever text comes from outside. */
export function pageWith(text: string): BackupPage {
  const status: SetStatus = {
    set: text,
    level: 'critical',
    problems: [
      { kind: 'overdue', level: 'critical', message: text },
      { kind: 'wal-gap', subject: text, level: 'warn', message: text },
    ],
    backups: 3,
    lastComplete: { id: text, finishedAt: text, ageMs: 3_600_000, bytes: 5 * 2 ** 30, newBytes: 7 },
    lastProven: { id: text, provenAt: text, ageMs: 86_400_000 },
    restoreMs: 90_000,
    objective: { rpoMs: 93_600_000, provenMs: 1_209_600_000 },
    nextRunAt: text,
    archive: {
      lastTickAt: text,
      windowMs: 604_800_000,
      gaps: 1,
      wals: 12,
      bytes: 1_024,
      tables: [{ table: text, intervals: [{ fromMs: NOW - 1_000, toMs: NOW, endsBy: text }] }],
    },
  };
  return {
    generatedAt: text,
    sets: [{ status, cluster: text, root: text, calendar: calendarOf() }],
    unread: [text],
  };
}
