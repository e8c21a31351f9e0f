import type { AlarmKind } from '../contract/backup/alerts.ts';
import type { Blocker, MigrationStatus } from '../contract/status.ts';

/** Something of a migration that a person is told. */
export interface Alarm {
  /** Tells it from all others that stand. */
  key: string;
  kind: AlarmKind;
  subject?: string;
  level: 'ok' | 'warn' | 'critical';
  since: string;
  message: string;
}

interface Question {
  blockerAfterMs: number;
  nowMs: number;
}

/** What is told at once; every other blocker when it has stood for a while. */
const AT_ONCE: Record<string, { kind: AlarmKind; level: Alarm['level'] }> = {
  approval: { kind: 'approval', level: 'warn' },
  'watch-blind': { kind: 'watch-blind', level: 'critical' },
  watch: { kind: 'watch-blind', level: 'critical' },
  disk: { kind: 'disk', level: 'critical' },
  held: { kind: 'held', level: 'critical' },
};
/** Nobody has to act on these. */
const NEVER = new Set(['lag', 'cancelling']);
const FULL_SOON_MS = 86_400_000;

export function listAlarms(status: MigrationStatus, question: Question): Alarm[] {
  return [
    ...status.blockers.filter((blocker) => dueMsOf(blocker, question) <= question.nowMs).map(toAlarm),
    ...listForecast(status, question),
    ...status.cutovers.flatMap(({ epoch, outcome, failure }) =>
      outcome === 'unfenced' && failure !== undefined ? [toFailedAttempt(status, { epoch, ...failure })] : [],
    ),
  ];
}

/** When the next blocker has stood for long enough. */
export function nextDueMs({ blockers }: MigrationStatus, question: Question): number | undefined {
  const later = blockers.map((blocker) => dueMsOf(blocker, question)).filter((ms) => ms > question.nowMs);
  const next = Math.min(...later);
  return Number.isFinite(next) ? next : undefined;
}

export function toEndAlarm({ phase, failure, tables }: MigrationStatus, since: string): Alarm {
  const over = tables.filter((table) => table.phase === 'cut-over').length;
  const why = failure === undefined ? '' : `: ${failure.code}: ${failure.message}`;
  const message = phase === 'done' ? `done: ${over} tables were cut over` : `ended as ${phase}${why}`;
  const level = phase === 'done' ? 'ok' : phase === 'cancelled' ? 'warn' : 'critical';
  return { key: 'ended', kind: 'ended', level, since, message };
}

function dueMsOf({ code, since }: Blocker, { blockerAfterMs }: Question): number {
  if (NEVER.has(code)) return Number.POSITIVE_INFINITY;
  return Date.parse(since) + (AT_ONCE[code] === undefined ? blockerAfterMs : 0);
}

function toAlarm({ code, table, message, since, fix }: Blocker): Alarm {
  const { kind, level } = AT_ONCE[code] ?? { kind: 'blocked', level: 'warn' };
  const subject = table === undefined ? code : `${code} ${table}`;
  const todo = fix === undefined ? '' : `; ${fix}`;
  return { key: `${subject} ${since}`, kind, subject, level, since, message: `${message}${todo}` };
}

function listForecast({ heldWals }: MigrationStatus, { nowMs }: Question): Alarm[] {
  const { diskFullAt, asOf } = heldWals ?? {};
  if (diskFullAt === undefined || asOf === undefined || Date.parse(diskFullAt) - nowMs > FULL_SOON_MS) return [];
  const message = `the source's disk is full at ${diskFullAt} at this rate; its WALs are held for this migration`;
  return [{ key: 'disk-forecast', kind: 'disk-forecast', level: 'warn', since: asOf, message }];
}

function toFailedAttempt(
  { since }: MigrationStatus,
  { epoch, code, message }: { epoch: number; code: string; message: string },
): Alarm {
  return {
    key: `attempt ${epoch}`,
    kind: 'attempt-failed',
    subject: `attempt ${epoch}`,
    level: 'critical',
    since,
    message: `cutover attempt ${epoch} failed, the source takes writes: ${code}: ${message}`,
  };
}
