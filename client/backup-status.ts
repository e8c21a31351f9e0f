import type { BackupSummary } from '../workflows/contract/backup/record.ts';
import type { CatalogueSummary } from '../workflows/contract/backup/step-data.ts';
import { formatDuration } from './render/quantities.ts';

/** What is expected of a set; without an objective only what is there can be judged. */
export interface BackupObjective {
  /** Age of the newest complete backup, ms. */
  rpoMs?: number;
  /** Age of the newest proof, ms. */
  provenMs?: number;
}

export type StatusLevel = 'ok' | 'warn' | 'critical';

export interface SetStatus {
  set: string;
  level: StatusLevel;
  /** Why it is not `ok`, worst first. */
  problems: { level: StatusLevel; message: string }[];
  backups: number;
  /** The newest complete one that nobody found wanting. */
  lastComplete?: { id: string; finishedAt: string; ageMs: number; bytes: number; newBytes: number };
  lastProven?: { id: string; provenAt: string; ageMs: number };
  /** Measured by the newest drill of the set. */
  restoreMs?: number;
  objective: BackupObjective;
  /** ISO, when a schedule of the set is known. */
  nextRunAt?: string;
}

export interface SetQuestion {
  set: string;
  catalogue: CatalogueSummary;
  objective: BackupObjective;
  nextRunAt?: string;
  nowMs: number;
}

const RANK: Record<StatusLevel, number> = { ok: 0, warn: 1, critical: 2 };

/** From the root alone (hazard 52): a lost schedule or orchestrator shows as overdue, never as nothing to say. */
export function judgeSet(question: SetQuestion): SetStatus {
  const { set, catalogue, objective, nextRunAt, nowMs } = question;
  const backups = catalogue.backups.filter((backup) => backup.set === set).toSorted((a, b) => a.endMs - b.endMs);
  const complete = backups.findLast(isRestorable);
  const proven = newestProof(backups);
  const drilled = backups
    .filter(({ lastDrill }) => lastDrill !== undefined)
    .sort(byDrill)
    .at(-1);
  const problems = [
    ...judgeComplete({ complete, newest: backups.at(-1), objective, nowMs }),
    ...judgeProof({ proven, drilled, objective, nowMs }),
    ...judgeDoubts(backups, drilled),
    ...catalogue.damaged.map(({ path, why }) => ({
      level: 'critical' as const,
      message: `${path} is damaged: ${why}`,
    })),
  ].sort((a, b) => RANK[b.level] - RANK[a.level]);
  return {
    set,
    level: problems[0]?.level ?? 'ok',
    problems,
    backups: backups.length,
    ...(complete ? { lastComplete: { ...pick(complete), ageMs: nowMs - Date.parse(complete.finishedAt) } } : {}),
    ...(proven ? { lastProven: proven } : {}),
    ...(drilled?.lastDrill ? { restoreMs: drilled.lastDrill.restoreMs } : {}),
    objective,
    ...(nextRunAt === undefined ? {} : { nextRunAt }),
  };

  function newestProof(all: BackupSummary[]): SetStatus['lastProven'] {
    const sound = all.filter(({ damaged }) => damaged === 0);
    const found = sound.toSorted((a, b) => ((a.provenAt ?? '') < (b.provenAt ?? '') ? -1 : 1)).at(-1);
    if (found?.provenAt === undefined) return undefined;
    return { id: found.id, provenAt: found.provenAt, ageMs: nowMs - Date.parse(found.provenAt) };
  }
}

/** What a restore takes by itself. */
function isRestorable({ failed, damaged, lastDrill }: BackupSummary): boolean {
  return failed === 0 && damaged === 0 && lastDrill?.result !== 'different';
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

function judgeComplete({ complete, newest, objective, nowMs }: CompleteQuestion): SetStatus['problems'] {
  if (!complete) return [{ level: 'critical', message: 'there is no complete backup' }];
  const ageMs = nowMs - Date.parse(complete.finishedAt);
  const { rpoMs } = objective;
  const isOverdue = rpoMs !== undefined && ageMs > rpoMs;
  return [
    ...(isOverdue
      ? [
          toProblem(
            'critical',
            `overdue: the last complete backup is ${formatDuration(ageMs)} old, the objective ${formatDuration(rpoMs)}`,
          ),
        ]
      : []),
    ...(newest && newest.failed > 0
      ? [toProblem('warn', `the newest, ${newest.id}, lacks ${newest.failed} tables`)]
      : []),
    ...(newest && newest.damaged > 0 ? [toProblem('critical', `the newest, ${newest.id}, is damaged`)] : []),
  ];
}

interface ProofQuestion {
  proven: SetStatus['lastProven'];
  drilled: BackupSummary | undefined;
  objective: BackupObjective;
  nowMs: number;
}

function judgeProof({ proven, drilled, objective }: ProofQuestion): SetStatus['problems'] {
  const { provenMs } = objective;
  const isOld = proven !== undefined && provenMs !== undefined && proven.ageMs > provenMs;
  return [
    ...(drilled?.lastDrill?.result === 'different'
      ? [toProblem('critical', `the last drill, of ${drilled.id}, found a difference`)]
      : []),
    ...(proven ? [] : [toProblem('warn', 'no backup is proven by a drill')]),
    ...(isOld
      ? [
          toProblem(
            'warn',
            `the last proof is ${formatDuration(proven.ageMs)} old, the objective ${formatDuration(provenMs)}`,
          ),
        ]
      : []),
  ];
}

/** Beside the newest ones: nothing restores from these by itself, and no expiry takes them (a person decides). */
function judgeDoubts(backups: BackupSummary[], drilled: BackupSummary | undefined): SetStatus['problems'] {
  const older = backups.slice(0, -1);
  return [
    ...older.filter(({ damaged }) => damaged > 0).map(({ id }) => toProblem('warn', `${id} is damaged`)),
    ...backups
      .filter((backup) => backup !== drilled && backup.lastDrill?.result === 'different')
      .map(({ id }) => toProblem('warn', `the last drill of ${id} found a difference`)),
  ];
}

function toProblem(level: StatusLevel, message: string): { level: StatusLevel; message: string } {
  return { level, message };
}

export function worstLevel(sets: readonly SetStatus[]): StatusLevel {
  return sets.reduce<StatusLevel>((worst, { level }) => (RANK[level] > RANK[worst] ? level : worst), 'ok');
}
