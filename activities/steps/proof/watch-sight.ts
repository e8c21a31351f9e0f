import type { WatchEvent } from '../../../workflows/contract/step-data.ts';

/** What the watch looks at, each in its own time: one that fails or takes long hides nothing of the others. */
export const LOOK_KINDS = ['disk', 'peers', 'schemas', 'writes'] as const;
export type LookKind = (typeof LOOK_KINDS)[number];

/** What is known of one kind of look. */
export interface Sight {
  kind: LookKind;
  /** Of the last look that succeeded; before the first one, when the watch began. */
  seenAtMs: number;
  /** Looks that failed since. */
  failures: number;
  why: string;
  /** What the last successful look found. */
  events: WatchEvent[];
}

interface Patience {
  what: string;
  /** Longer than this no look may take: one that hangs is as blind as one that fails. */
  overdueMs: number;
}

/** A master that fails over, or a server that starts again, is silent for a minute or so. */
const BLIND_MS = 120_000;
const MOST_FAILURES = 3;

export const PATIENCE: Record<LookKind, Patience> = {
  disk: { what: "the source's disk and the WALs that are held", overdueMs: 300_000 },
  peers: { what: 'the replication peers of the source', overdueMs: 300_000 },
  schemas: { what: 'the tables on both clusters', overdueMs: 600_000 },
  // The first one reads every WAL since the plan.
  writes: { what: 'bulk loads and unlogged writes', overdueMs: 1_200_000 },
};

export function startSight(kind: LookKind, nowMs: number): Sight {
  return { kind, seenAtMs: nowMs, failures: 0, why: '', events: [] };
}

/** Blind is not clean: a look that fails has not seen that nothing was there. */
export function judgeSight(sight: Sight, nowMs: number): WatchEvent[] {
  const ageMs = nowMs - sight.seenAtMs;
  const isFailing = sight.failures >= MOST_FAILURES && ageMs >= BLIND_MS;
  return isFailing || ageMs >= PATIENCE[sight.kind].overdueMs ? [toBlind(sight)] : [];
}

export function toBlind({ kind, seenAtMs, why }: Sight): WatchEvent {
  const since = new Date(seenAtMs).toISOString();
  const cause = why === '' ? 'the look at them has not ended' : why;
  return {
    key: `watch-blind:${kind}`,
    kind: 'watch-blind',
    message: `Nobody has seen ${PATIENCE[kind].what} since ${since}: ${cause}`,
  };
}

/**
 * What may be taken back when it is so no more, by the kind of look that sees it. A removed peer has lost its WALs, a
 * dropped table its rows, a bulk load stays in no queue: these stand until a person has acted.
 */
const LIFTED: Record<LookKind, RegExp> = {
  disk: /^disk-/,
  peers: /^peer-changed:.*:(widened|moved|disabled)$/,
  schemas: /^schema-changed:/,
  writes: /^$/,
};

/** Keys that were told, and that this successful look has not found any more. */
export function findGone({ kind, events }: Sight, seen: readonly string[]): WatchEvent[] {
  const found = new Set(events.map(({ key }) => key));
  const mine = seen.filter((key) => key === `watch-blind:${kind}` || LIFTED[kind].test(key));
  return mine.filter((key) => !found.has(key)).map(toGone);
}

function toGone(key: string): WatchEvent {
  const [kind] = key.split(':') as [WatchEvent['kind']];
  return { key, kind, gone: true, message: 'it is so no more' };
}
