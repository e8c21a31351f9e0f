import type {
  AlertEvent,
  AlertMessage,
  Outgoing,
  StandingTrouble,
  WatchedSet,
  WatchState,
} from '../../workflows/contract/backup/alerts.ts';
import type { SetStatus, Trouble, TroubleKind } from '../../workflows/contract/backup/set-status.ts';
import { toAlertText } from '../../workflows/contract/backup/alert-text.ts';
import { digestOf } from '../digest.ts';

/** What a watch has seen of a set. */
export interface SeenSet {
  watched: WatchedSet;
  /** Absent when the root could not be read. */
  status?: SetStatus;
  troubles: Trouble[];
  /** What could not be judged now: troubles of these stand as they stood. */
  unknown: (trouble: Pick<Trouble, 'kind' | 'subject'>) => boolean;
}

interface AlertQuestion {
  seen: readonly SeenSet[];
  before: WatchState;
  nowMs: number;
}

/** A target that is down for longer has lost its messages; what stands is told by the reminders. */
const OUTBOX_MS = 7 * 86_400_000;
const MOST_OUTGOING = 300;
const MOST_LETTERS = 1_000;
/** Of one set at a time: a root with a thousand damaged files is one trouble for a person, and not a thousand. */
const MOST_STANDING = 50;

/** Told once: a gap of last Tuesday does not change, and is told again when it leaves the window. */
const NEVER_REMINDED: ReadonlySet<TroubleKind> = new Set<TroubleKind>(['wal-gap']);

/**
 * What is to be told, by what was told before: each trouble once when it comes or gets worse, again after a while, and
 * once when it has gone. A set that is watched no more is forgotten.
 */
export function decideAlerts({ seen, before, nowMs }: AlertQuestion): WatchState {
  const decided = seen.map((one) => decideSet(one, { before, nowMs }));
  const kept = before.outbox.filter(({ message }) => nowMs - Date.parse(message.at) <= OUTBOX_MS);
  return {
    standing: decided.flatMap(({ standing }) => standing),
    outbox: [...kept, ...decided.flatMap(({ outgoing }) => outgoing)].slice(-MOST_OUTGOING),
  };
}

interface Decided {
  standing: StandingTrouble[];
  outgoing: Outgoing[];
}

function decideSet(seen: SeenSet, { before, nowMs }: Omit<AlertQuestion, 'seen'>): Decided {
  const { set } = seen.watched;
  const stood = new Map(before.standing.filter((one) => one.set === set).map((one) => [toKey(one), one]));
  const now = new Map(listTold(seen, stood).map((trouble) => [toKey(trouble), trouble]));
  const at = new Date(nowMs).toISOString();
  const decided = [
    ...[...now].map(([key, trouble]) => decideTrouble(seen, { trouble, stood: stood.get(key), at })),
    ...[...stood].filter(([key]) => !now.has(key)).map(([, trouble]) => decideGone(seen, { trouble, at })),
  ];
  return {
    standing: decided.flatMap(({ standing }) => standing),
    outgoing: decided.flatMap(({ outgoing }) => outgoing),
  };
}

/** What was told goes on; of the rest as many as there is room for, worst first, as they come. */
function listTold({ troubles }: SeenSet, stood: ReadonlyMap<string, StandingTrouble>): Trouble[] {
  const known = troubles.filter((trouble) => stood.has(toKey(trouble)));
  const fresh = troubles.filter((trouble) => !stood.has(toKey(trouble)));
  return [...known, ...fresh.slice(0, Math.max(0, MOST_STANDING - known.length))];
}

function decideTrouble(
  seen: SeenSet,
  { trouble, stood, at }: { trouble: Trouble; stood: StandingTrouble | undefined; at: string },
): Decided {
  const message = trouble.message.slice(0, MOST_LETTERS);
  const told: StandingTrouble = { since: at, toldAt: at, ...stood, set: seen.watched.set, ...trouble, message };
  const isWorse = stood?.level === 'warn' && trouble.level === 'critical';
  if (stood === undefined || isWorse) {
    const standing = { ...told, toldAt: at };
    return { standing: [standing], outgoing: tell(seen, { event: 'raised', trouble: standing, at }) };
  }
  const isDue = Date.parse(at) - Date.parse(stood.toldAt) >= seen.watched.remindMs;
  if (!isDue || NEVER_REMINDED.has(trouble.kind)) return { standing: [told], outgoing: [] };
  const standing = { ...told, toldAt: at };
  return { standing: [standing], outgoing: tell(seen, { event: 'reminder', trouble: standing, at }) };
}

function decideGone(seen: SeenSet, { trouble, at }: { trouble: StandingTrouble; at: string }): Decided {
  if (seen.unknown(trouble)) return { standing: [trouble], outgoing: [] };
  return { standing: [], outgoing: tell(seen, { event: 'recovered', trouble, at }) };
}

interface Told {
  event: AlertEvent;
  trouble: StandingTrouble;
  at: string;
}

function tell(seen: SeenSet, told: Told): Outgoing[] {
  const message = toMessage(seen, told);
  return seen.watched.to.map((target) => ({ target, message }));
}

function toMessage({ watched, status }: SeenSet, { event, trouble, at }: Told): AlertMessage {
  const { set, cluster, root } = watched;
  const { kind, subject, message, since } = trouble;
  const level = event === 'recovered' ? 'ok' : trouble.level;
  const identity = { set, cluster, root, kind, subject: subject ?? '', since, event, at };
  return {
    formatVersion: 1,
    id: digestOf(identity).slice(0, 32),
    event,
    at,
    since,
    set,
    cluster,
    root,
    level,
    kind,
    ...(subject === undefined ? {} : { subject }),
    message,
    text: toAlertText({ event, level, since, message, place: `backups of ${set} (${cluster} → ${root})` }),
    ...(status === undefined ? {} : { status: pickStatus(status) }),
  };
}

function pickStatus({ level, lastComplete, lastProven, restoreMs, nextRunAt }: SetStatus): AlertMessage['status'] {
  return {
    level,
    ...(lastComplete === undefined ? {} : { lastComplete }),
    ...(lastProven === undefined ? {} : { lastProven }),
    ...(restoreMs === undefined ? {} : { restoreMs }),
    ...(nextRunAt === undefined ? {} : { nextRunAt }),
  };
}

function toKey({ kind, subject = '' }: Pick<Trouble, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}
