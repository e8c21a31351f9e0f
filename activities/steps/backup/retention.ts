import type { BackupId, BackupState } from '../../../workflows/contract/backup/record.ts';
import type { Retention, RetentionDecision } from '../../../workflows/contract/backup/requests.ts';
import { Failure } from '../../failure.ts';
import { createCalendar, type Periods } from './calendar.ts';
import { compareAge, groupBy, startOf } from './backup-order.ts';

export interface RetentionOptions {
  policy: Retention;
  /** The worker's clock, ms since the epoch. */
  nowMs: number;
  /** Bases that the point-in-time window needs (hazard 48). */
  neededBases?: ReadonlySet<BackupId>;
}

/**
 * Decides for every backup whether it stays, each set of each cluster by itself, and says why. Pure.
 *
 * A backup stays when any rule holds it, when somebody keeps it, when it is damaged or its last drill found differences
 * (a person decides), when the point-in-time window needs it, and when it is the last complete or the last proven one
 * of its set. What a rule holds is complete; a partial backup is only held where a period has no complete one, and
 * takes no complete one's place. An expiry that has begun is finished, unless the backup was kept since: its files may
 * be gone, so no rule relies on it.
 *
 * `withinMs` counts back from now, or from the newest complete backup when that is older: when backups have stopped, or
 * a clock runs ahead, the last weeks of them stay.
 *
 * @throws Failure `request.invalid` for a policy that holds nothing, or whose time zone nobody knows.
 */
export function decideRetention(states: readonly BackupState[], options: RetentionOptions): RetentionDecision[] {
  const periodsOf = loadCalendar(options.policy);
  const holds = new Map<BackupId, string[]>();
  const sets = groupBy(states, ({ record }) => `${record.cluster.clusterId}\n${record.set}`);
  for (const set of sets.values()) {
    const newestFirst = set.toSorted((a, b) => compareAge(b, a)).filter(isCandidate);
    for (const { rule, held } of findHeld(newestFirst, { ...options, periodsOf })) {
      for (const { record } of held) holds.set(record.id, [...(holds.get(record.id) ?? []), rule]);
    }
  }
  return states.map((state) => decide(state, { rules: holds.get(state.record.id) ?? [], options }));
}

/** What is doubtful, or is going, takes no place in any rule. */
function isCandidate(state: BackupState): boolean {
  return state.expiringSince === undefined && toDoubt(state) === undefined;
}

function toDoubt({ damaged, lastDrill }: BackupState): string | undefined {
  if (damaged.length > 0) return `damaged (${damaged.length} found by verify): a person decides`;
  return lastDrill?.result === 'different' ? 'its last drill found differences: a person decides' : undefined;
}

function decide(
  state: BackupState,
  { rules, options }: { rules: string[]; options: RetentionOptions },
): RetentionDecision {
  const { record, keptFor, partial, expiringSince } = state;
  const { id } = record;
  if (expiringSince !== undefined) return decideBegun({ id, keptFor, expiringSince });
  const doubt = toDoubt(state);
  const reasons = [
    ...(keptFor === undefined ? [] : [`kept: ${keptFor}`]),
    ...(doubt === undefined ? [] : [doubt]),
    ...(options.neededBases?.has(id) ? ['base of the point-in-time window'] : []),
    ...rules,
  ];
  if (reasons.length > 0) return { id, action: 'keep', reason: reasons.join(', ') };
  return { id, action: 'expire', reason: partial ? 'partial, and no rule holds it' : 'no rule holds it' };
}

function decideBegun(begun: { id: BackupId; keptFor: string | undefined; expiringSince: string }): RetentionDecision {
  const { id, keptFor, expiringSince } = begun;
  if (keptFor === undefined) {
    return { id, action: 'expire', reason: `its expiry began at ${expiringSince} and is finished` };
  }
  const since = `its expiry had begun at ${expiringSince}: verify that its files are there`;
  return { id, action: 'keep', reason: `kept: ${keptFor} (${since})` };
}

interface Held {
  /** As a person reads it, e.g. `weekly 8`. */
  rule: string;
  held: BackupState[];
}

function findHeld(
  newestFirst: BackupState[],
  { policy, nowMs, periodsOf }: RetentionOptions & { periodsOf: (ms: number) => Periods },
): Held[] {
  const calendar = new Map(newestFirst.map((state) => [state, periodsOf(startOf(state))]));
  const byPeriod = (rule: 'daily' | 'weekly' | 'monthly' | 'yearly', period: keyof Periods): Held => ({
    rule: `${rule} ${policy[rule]}`,
    held: holdPeriods(newestFirst, { count: policy[rule], keyOf: (state) => calendar.get(state)?.[period] ?? '' }),
  });
  const lastComplete = newestFirst.filter(isComplete).slice(0, 1);
  const oldestMs = Math.min(nowMs, ...lastComplete.map(startOf)) - policy.withinMs;
  return [
    {
      rule: `last ${policy.last}`,
      held: holdPeriods(newestFirst, { count: policy.last, keyOf: ({ record }) => record.id }),
    },
    byPeriod('daily', 'day'),
    byPeriod('weekly', 'week'),
    byPeriod('monthly', 'month'),
    byPeriod('yearly', 'year'),
    {
      rule: `within ${formatDays(policy.withinMs)}`,
      held: policy.withinMs === 0 ? [] : newestFirst.filter((state) => startOf(state) >= oldestMs),
    },
    { rule: 'last complete', held: lastComplete },
    { rule: 'last proven', held: newestFirst.filter(({ provenAt }) => provenAt !== undefined).slice(0, 1) },
  ];
}

/**
 * The newest complete backup of each of the newest `count` periods that have one; and of the newest `count` periods
 * that have any backup, the newest one where none is complete. So a table that fails every night pushes no complete
 * backup out, and does not fill the root either.
 */
function holdPeriods(
  newestFirst: BackupState[],
  { count, keyOf }: { count: number; keyOf: (state: BackupState) => string },
): BackupState[] {
  if (count === 0) return [];
  const newestOf = (backups: BackupState[]) =>
    [...groupBy(backups, keyOf)].slice(0, count).flatMap(([key, [newest]]) => (newest ? [{ key, newest }] : []));
  const complete = newestFirst.filter(isComplete);
  const periodsWithComplete = new Set(complete.map(keyOf));
  const others = newestOf(newestFirst).filter(({ key }) => !periodsWithComplete.has(key));
  return [...newestOf(complete), ...others].map(({ newest }) => newest);
}

function isComplete({ partial }: BackupState): boolean {
  return !partial;
}

function loadCalendar({ last, daily, weekly, monthly, yearly, withinMs, timezone }: Retention) {
  if (Math.max(last, daily, weekly, monthly, yearly, withinMs) <= 0) {
    throw new Failure('request.invalid', 'The retention keeps nothing: give at least one rule, such as "last": 7.');
  }
  try {
    return createCalendar(timezone);
  } catch (cause) {
    throw new Failure('request.invalid', `The retention's time zone "${timezone}" is not known.`, {}, { cause });
  }
}

function formatDays(ms: number): string {
  return ms % 86_400_000 === 0 ? `${ms / 86_400_000}d` : `${Math.round(ms / 60_000)}m`;
}
