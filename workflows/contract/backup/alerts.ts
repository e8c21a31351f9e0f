import type { ClusterName } from '../names.ts';
import type { BackupObjective, SetStatus, Trouble, TroubleKind } from './set-status.ts';

/** A set that is watched, with what is expected of it and who is told. */
export interface WatchedSet {
  set: string;
  /** Whose gateway reads the root. */
  cluster: ClusterName;
  root: string;
  objective: BackupObjective;
  /** Names of alert targets of the clusters file. */
  to: string[];
  /** A trouble that stands is told again so much later, ms. */
  remindMs: number;
}

export interface WatchRequest {
  sets: WatchedSet[];
}

/** What of a migration is told. WARNING: in alerts that programs read; never rename one. */
export type AlarmKind =
  'approval' | 'blocked' | 'held' | 'watch-blind' | 'disk' | 'disk-forecast' | 'attempt-failed' | 'ended';

/** What happened to a trouble. WARNING: programs read it; never rename one. */
export type AlertEvent = 'raised' | 'reminder' | 'recovered' | 'test';

/** What a target gets, as JSON. WARNING: programs of users read it; only add optional fields. */
export interface AlertMessage {
  formatVersion: 1;
  /** Equal for every attempt to tell the same thing: the header `Idempotency-Key` of a webhook. */
  id: string;
  event: AlertEvent;
  /** ISO, when it was found. */
  at: string;
  /** ISO, since when the trouble stands. */
  since: string;
  set: string;
  cluster: string;
  root: string;
  level: 'ok' | 'warn' | 'critical';
  kind: TroubleKind | AlarmKind | 'test';
  /** Of an alert about a migration; `set` and `root` are empty then, and `cluster` is its source. */
  migration?: { workflowId: string; target: ClusterName };
  /** Tells two of a kind apart: a file, a table, a part of the schedule. */
  subject?: string;
  message: string;
  /** All of it in one line; what chat programs show of a webhook. */
  text: string;
  /** How the set is otherwise. */
  status?: Pick<SetStatus, 'level' | 'lastComplete' | 'lastProven' | 'restoreMs' | 'nextRunAt'>;
}

/** A trouble that was told and has not gone. */
export interface StandingTrouble {
  set: string;
  kind: TroubleKind;
  subject?: string;
  level: Trouble['level'];
  message: string;
  since: string;
  /** ISO, when it was last told. */
  toldAt: string;
}

/** A message on its way to one target. */
export interface Outgoing {
  target: string;
  message: AlertMessage;
}

/** What one watch leaves for the next one, as its result. */
export interface WatchState {
  standing: StandingTrouble[];
  /** Oldest first; what could not be delivered yet is tried again by the next watch. */
  outbox: Outgoing[];
}

export interface WatchInput {
  /** As the user gave it. */
  request: unknown;
  /** The result of the watch before; undefined for the first one. */
  before?: unknown;
}

export interface JudgedSets {
  /** ISO. */
  at: string;
  sets: WatchReport['sets'];
  state: WatchState;
}

export interface Delivery {
  target: string;
  id: string;
  delivered: boolean;
  /** Why not. */
  why?: string;
}

/** What `watchBackups` answers, and what the next one goes on from. */
export interface WatchReport {
  formatVersion: 1;
  at: string;
  /** The worst problems of each in words; absent when its root could not be read. */
  sets: { set: string; level: SetStatus['level']; problems: string[] }[];
  deliveries: Delivery[];
  state: WatchState;
}
