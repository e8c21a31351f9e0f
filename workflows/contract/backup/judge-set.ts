import { formatDuration } from '../quantities.ts';
import { judgeArchive } from './judge-archive.ts';
import type { BackupSummary } from './record.ts';
import type { ScheduledPart } from './schedule-parts.ts';
import type { BackupObjective, SetQuestion, SetStatus, StatusLevel, Trouble, TroubleKind } from './set-status.ts';

const RANK: Record<StatusLevel, number> = { ok: 0, warn: 1, critical: 2 };

/**
 * How a set is: the one judgement that status, Nagios, page, metrics and alerts share. From the root alone (hazard 52):
 * a lost schedule or orchestrator shows as overdue, never as nothing to say.
 */
export function judgeSet(question: SetQuestion): SetStatus {
  const { set, catalogue, objective, schedules = [], nowMs } = question;
  const backups = catalogue.backups.filter((backup) => backup.set === set).toSorted((a, b) => a.endMs - b.endMs);
  const complete = backups.findLast(isRestorable);
  const proven = findProof(backups, nowMs);
  const drilled = backups.filter(({ lastDrill }) => lastDrill !== undefined).toSorted(byDrill);
  const newestDrill = drilled.at(-1)?.lastDrill;
  const archive = question.archive === undefined ? undefined : judgeArchive({ ...question, archive: question.archive });
  const nextRunAt = schedules.find(({ part }) => part === 'backup')?.nextRunAt;
  const problems = [
    ...judgeComplete({ complete, newest: backups.at(-1), objective, nowMs }),
    ...judgeProof({ proven, drilled: drilled.at(-1), objective }),
    ...judgeDoubts(backups, drilled.at(-1)),
    ...(archive?.troubles ?? judgeNoArchive(objective)),
    ...judgeSchedules(schedules, newestDrill?.result),
    ...catalogue.damaged.map(({ path, why }) => toDamage(path, why)),
  ].sort((a, b) => RANK[b.level] - RANK[a.level]);
  return {
    set,
    level: problems[0]?.level ?? 'ok',
    problems,
    backups: backups.length,
    ...(complete ? { lastComplete: { ...pick(complete), ageMs: nowMs - Date.parse(complete.finishedAt) } } : {}),
    ...(proven ? { lastProven: proven } : {}),
    ...(newestDrill ? { restoreMs: newestDrill.restoreMs } : {}),
    objective,
    ...(nextRunAt === undefined ? {} : { nextRunAt }),
    ...(archive === undefined ? {} : { archive: archive.status }),
  };
}

/** Holds every table that was asked for, and nothing of it was found damaged. */
export function isComplete({ failed, damaged }: Pick<BackupSummary, 'failed' | 'damaged'>): boolean {
  return failed === 0 && damaged === 0;
}

/** What a restore takes by itself: complete, and no drill found it wanting. */
function isRestorable(backup: BackupSummary): boolean {
  return isComplete(backup) && backup.lastDrill?.result !== 'different';
}

function findProof(backups: readonly BackupSummary[], nowMs: number): SetStatus['lastProven'] {
  const sound = backups.filter(({ damaged }) => damaged === 0);
  const found = sound.toSorted((a, b) => ((a.provenAt ?? '') < (b.provenAt ?? '') ? -1 : 1)).at(-1);
  if (found?.provenAt === undefined) return undefined;
  return { id: found.id, provenAt: found.provenAt, ageMs: nowMs - Date.parse(found.provenAt) };
}

function byDrill(a: BackupSummary, b: BackupSummary): number {
  return (a.lastDrill?.finishedAt ?? '') < (b.lastDrill?.finishedAt ?? '') ? -1 : 1;
}

function pick({ id, finishedAt, bytes, newBytes }: BackupSummary) {
  return { id, finishedAt, bytes, newBytes };
}

interface CompleteQuestion {
  complete: BackupSummary | undefined;
  newest: BackupSummary | undefined;
  objective: BackupObjective;
  nowMs: number;
}

function judgeComplete({ complete, newest, objective, nowMs }: CompleteQuestion): Trouble[] {
  const sound = newest === undefined ? [] : judgeNewest(newest);
  if (!complete) return [toTrouble('no-backup', 'critical', 'there is no complete backup'), ...sound];
  const ageMs = nowMs - Date.parse(complete.finishedAt);
  const { rpoMs } = objective;
  if (rpoMs === undefined || ageMs <= rpoMs) return sound;
  const ages = `${formatDuration(ageMs)} old, the objective ${formatDuration(rpoMs)}`;
  return [toTrouble('overdue', 'critical', `overdue: the last complete backup is ${ages}`), ...sound];
}

function judgeNewest({ id, failed, damaged }: BackupSummary): Trouble[] {
  return [
    ...(failed > 0 ? [toTrouble('partial', 'warn', `the newest, ${id}, lacks ${failed} tables`)] : []),
    ...(damaged > 0 ? [toDoubt('damaged', id, `the newest, ${id}, is damaged`)] : []),
  ];
}

interface ProofQuestion {
  proven: SetStatus['lastProven'];
  drilled: BackupSummary | undefined;
  objective: BackupObjective;
}

function judgeProof({ proven, drilled, objective }: ProofQuestion): Trouble[] {
  const { provenMs } = objective;
  const differs =
    drilled?.lastDrill?.result === 'different'
      ? [toDoubt('drill-differs', drilled.id, `the last drill, of ${drilled.id}, found a difference`)]
      : [];
  if (!proven) return [...differs, toTrouble('unproven', 'warn', 'no backup is proven by a drill')];
  if (provenMs === undefined || proven.ageMs <= provenMs) return differs;
  const ages = `${formatDuration(proven.ageMs)} old, the objective ${formatDuration(provenMs)}`;
  return [...differs, toTrouble('unproven', 'warn', `the last proof is ${ages}`)];
}

/** Beside the newest ones: nothing restores from these by itself, and no expiry takes them (a person decides). */
function judgeDoubts(backups: BackupSummary[], drilled: BackupSummary | undefined): Trouble[] {
  const damaged = backups.slice(0, -1).filter((backup) => backup.damaged > 0);
  const differing = backups.filter((backup) => backup !== drilled && backup.lastDrill?.result === 'different');
  return [
    ...damaged.map(({ id }): Trouble => ({ kind: 'damaged', subject: id, level: 'warn', message: `${id} is damaged` })),
    ...differing.map(({ id }): Trouble => {
      const message = `the last drill of ${id} found a difference`;
      return { kind: 'drill-differs', subject: id, level: 'warn', message };
    }),
  ];
}

function judgeNoArchive({ archiveEveryMs }: BackupObjective): Trouble[] {
  return archiveEveryMs === undefined ? [] : [toTrouble('wal-behind', 'critical', 'no WAL was archived yet')];
}

/** What the root shows better than the failure of a run. */
const SEEN_IN_ROOT = new Set(['backup.partial', 'archive.gap', 'cancelled']);

/** A drill that found a difference has failed too: told once. */
function judgeSchedules(schedules: readonly ScheduledPart[], drilled: 'equal' | 'different' | undefined): Trouble[] {
  return schedules
    .flatMap(judgeSchedule)
    .filter(({ kind, subject }) => kind !== 'run-failed' || subject !== 'drill' || drilled !== 'different');
}

function judgeSchedule({ part, paused, note, lastRun }: ScheduledPart): Trouble[] {
  const why = note === '' ? 'without a note' : note;
  const pause: Trouble[] = paused
    ? [{ kind: 'paused', subject: part, level: 'warn', message: `the schedule of its ${part} is paused: ${why}` }]
    : [];
  if (lastRun === undefined || lastRun.outcome === 'completed' || lastRun.outcome === 'cancelled') return pause;
  if (lastRun.code !== undefined && SEEN_IN_ROOT.has(lastRun.code)) return pause;
  const { workflowId, outcome, code, message = '' } = lastRun;
  const cause = code === undefined ? outcome : `${code}: ${message}`;
  const level = part === 'backup' || part === 'archive' ? 'critical' : 'warn';
  const told = `the last ${part}, ${workflowId}, failed: ${cause}`;
  return [...pause, { kind: 'run-failed', subject: part, level, message: told }];
}

function toDamage(path: string, why: string): Trouble {
  return { kind: 'damaged', subject: path, level: 'critical', message: `${path} is damaged: ${why}` };
}

/** Told by the backup: it stays the same trouble when a newer one comes. */
function toDoubt(kind: 'damaged' | 'drill-differs', subject: string, message: string): Trouble {
  return { kind, subject, level: 'critical', message };
}

function toTrouble(kind: TroubleKind, level: Trouble['level'], message: string): Trouble {
  return { kind, level, message };
}

export function worstLevel(sets: readonly SetStatus[]): StatusLevel {
  return sets.reduce<StatusLevel>((worst, { level }) => (RANK[level] > RANK[worst] ? level : worst), 'ok');
}
