import { isExclusion, matchesTable } from '../../workflows/contract/names.ts';
import type { BackupId, BackupState, Catalogue } from '../../workflows/contract/backup/record.ts';
import { Failure } from '../failure.ts';
import { compareNames } from './seal.ts';

/** Which backup is wanted. Everything given has to fit. */
export interface BackupWish {
  /** This one, also when it is partial, or its last drill found differences. */
  backup?: BackupId;
  /** Also when it was found damaged: who asks looks for himself. */
  evenDamaged?: boolean;
  set?: string;
  tags?: Record<string, string>;
  /** Names and patterns that it must have a table for. */
  tables?: string[];
  /** ms since the epoch: a base that WALs lead from to this instant. */
  toMs?: number;
}

export interface BackupChoice {
  id: BackupId;
  set: string;
  /** ISO. */
  finishedAt: string;
  /** Why it does not fit; absent when it could be had. */
  unfit?: string;
}

export type ChosenBackup = { chosen: BackupState } | { why: string; choices: BackupChoice[] };

/** So many choices are named in a failure. */
const NAMED_CHOICES = 10;

/**
 * Picks by id, or the newest complete and sound backup. For an instant: the newest whose last edit is certainly not
 * after it, `endMs` + `skewMs` ≤ `toMs` (hazard 42). Newest: by the end of what it holds.
 *
 * Without a fit, `choices` are all backups, newest first, each with what is against it.
 */
export function chooseBackup({ backups, damaged }: Catalogue, wish: BackupWish): ChosenBackup {
  const newestFirst = backups.toSorted(compareEnds).toReversed();
  const chosen = newestFirst.find((state) => findObstacle(state, wish) === undefined);
  if (chosen) return { chosen };
  const why = explain(newestFirst, wish, damaged);
  const general = wish.backup === undefined ? wish : withoutId(wish);
  return { why, choices: newestFirst.map((state) => toChoice(state, general)) };
}

/** @throws Failure `backup.unknown`, or `backup.damaged` for one that was named, with the choices as problems. */
export function requireBackup(catalogue: Catalogue, wish: BackupWish): BackupState {
  const answer = chooseBackup(catalogue, wish);
  if ('chosen' in answer) return answer.chosen;
  const isDamaged = isNamedDamaged(catalogue, wish);
  const problems = answer.choices.slice(0, NAMED_CHOICES).map(({ id, set, finishedAt, unfit }) => ({
    field: id,
    message: `set ${set}, finished ${finishedAt}: ${unfit ?? 'can be had'}`,
  }));
  throw new Failure(isDamaged ? 'backup.damaged' : 'backup.unknown', offer(answer), {}, { problems });
}

function compareEnds({ record: a }: BackupState, { record: b }: BackupState): number {
  return a.endMs - b.endMs || compareNames(a.id, b.id);
}

function withoutId({ backup: _backup, ...rest }: BackupWish): BackupWish {
  return rest;
}

/** Why a backup does not fit; undefined when it does. */
function findObstacle(state: BackupState, wish: BackupWish): string | undefined {
  const { record } = state;
  if (wish.backup !== undefined && record.id !== wish.backup) return 'another one was named';
  return findUnsound(state, wish) ?? findOther(state, wish) ?? findTooNew(state, wish);
}

function findUnsound(state: BackupState, wish: BackupWish): string | undefined {
  const { expiringSince, damaged, partial, lastDrill, record } = state;
  if (expiringSince !== undefined) return `expiring since ${expiringSince}`;
  if (damaged.length > 0 && wish.evenDamaged !== true) {
    return `damaged: ${damaged[0]}${damaged.length > 1 ? ` and ${damaged.length - 1} more` : ''}`;
  }
  if (wish.backup !== undefined) return undefined;
  if (lastDrill?.result === 'different')
    return `doubtful: its last drill found ${lastDrill.differences[0] ?? 'another'}`;
  return partial ? `partial: without ${record.failed.map(({ table }) => table).join(', ')}` : undefined;
}

function findOther({ record }: BackupState, { set, tags = {}, tables = [] }: BackupWish): string | undefined {
  if (set !== undefined && record.set !== set) return `of set ${record.set}`;
  const tag = Object.entries(tags).find(([key, value]) => record.tags[key] !== value);
  if (tag) return `without tag ${tag.join('=')}`;
  const pattern = tables.find(
    (wanted) => !isExclusion(wanted) && !record.tables.some(({ table }) => matchesTable(wanted, table)),
  );
  return pattern === undefined ? undefined : `without a table ${pattern}`;
}

function findTooNew({ record }: BackupState, { toMs }: BackupWish): string | undefined {
  const endsMs = record.endMs + record.skewMs;
  if (toMs === undefined || endsMs <= toMs) return undefined;
  return `too new: it may hold edits up to ${new Date(endsMs).toISOString()}`;
}

function explain(backups: BackupState[], wish: BackupWish, damaged: Catalogue['damaged']): string {
  if (wish.backup === undefined) {
    const instant = wish.toMs === undefined ? '' : ` with an end at or before ${new Date(wish.toMs).toISOString()}`;
    return `There is no complete and sound backup${describe(wish)}${instant}`;
  }
  const torn = damaged.find(({ id }) => id === wish.backup);
  const named = backups.find(({ record }) => record.id === wish.backup);
  const obstacle = named ? findObstacle(named, wish) : torn && `damaged: ${torn.path}: ${torn.why}`;
  return obstacle ? `Backup ${wish.backup} is ${obstacle}` : `There is no backup ${wish.backup}`;
}

function describe({ set, tags = {}, tables = [] }: BackupWish): string {
  const parts = [
    ...(set === undefined ? [] : [`of set ${set}`]),
    ...Object.entries(tags).map(([key, value]) => `with tag ${key}=${value}`),
    ...tables.map((table) => `with a table ${table}`),
  ];
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

function toChoice(state: BackupState, wish: BackupWish): BackupChoice {
  const { id, set, finishedAt } = state.record;
  const unfit = findObstacle(state, wish);
  return { id, set, finishedAt, ...(unfit === undefined ? {} : { unfit }) };
}

function isNamedDamaged({ backups, damaged }: Catalogue, { backup }: BackupWish): boolean {
  const state = backups.find(({ record }) => record.id === backup);
  return state ? state.damaged.length > 0 : damaged.some(({ id }) => id === backup);
}

function offer({ why, choices }: Exclude<ChosenBackup, { chosen: BackupState }>): string {
  const newest = choices.find(({ unfit }) => unfit === undefined);
  if (newest) return `${why}. The newest sound one is ${newest.id} (set ${newest.set}).`;
  return choices.length === 0 ? `${why}: the root has none.` : `${why}.`;
}
