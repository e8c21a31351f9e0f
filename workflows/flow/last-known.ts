import { patched, upsertMemo } from '@temporalio/workflow';
import { LAST_KNOWN, type LastKnown } from '../contract/last-known.ts';
import type { MigrationStatus } from '../contract/status.ts';
import { PATCHES } from './patches.ts';

const MOST_BLOCKERS = 5;
const MOST_CHARACTERS = 160;
/** Each is an event of the history, of at most 2 KB. The phases of one way through and of some attempts are 30. */
const MOST_UPSERTS = 150;

/** Keeps the memo of a migration, which tells of it when no worker lives. */
export interface LastKnownMemo {
  take(status: MigrationStatus): void;
}

export function createLastKnownMemo(): LastKnownMemo {
  // Once, at the start: a run that began without the memo goes on without it.
  const isKept = patched(PATCHES.lastKnown);
  let written = '';
  let upserts = 0;
  let latest: MigrationStatus | undefined;
  const write = (): void => {
    if (latest === undefined || upserts >= MOST_UPSERTS) return;
    const memo = toLastKnown(latest);
    const key = keyOf(memo);
    if (key === written) return;
    written = key;
    upserts += 1;
    upsertMemo({ [LAST_KNOWN]: memo });
  };
  return {
    take: (status) => {
      if (!isKept) return;
      const isFirst = latest === undefined;
      latest = status;
      // The end comes with no turn after it.
      if (isFirst || isOver(status)) write();
      // Blockers come and go within one turn; what stands at its end counts.
      else void Promise.resolve().then(write);
    },
  };
}

export function toLastKnown(status: MigrationStatus): LastKnown {
  const { phase, since, asOf, runId, source, target, paused, blockers, tables } = status;
  const wave = tables.filter(({ leftOutBy }) => leftOutBy === undefined);
  const fencedUntil = fencedUntilOf(status);
  return {
    formatVersion: 1,
    phase,
    since,
    asOf,
    ...(runId === undefined ? {} : { runId }),
    source,
    target,
    paused,
    waitsFor: blockers.slice(0, MOST_BLOCKERS).map(({ code, table, since: from, message }) => ({
      code,
      ...(table === undefined ? {} : { table }),
      since: from,
      message: message.length <= MOST_CHARACTERS ? message : `${message.slice(0, MOST_CHARACTERS - 1)}…`,
    })),
    ...(blockers.length > MOST_BLOCKERS ? { more: blockers.length - MOST_BLOCKERS } : {}),
    tables: { total: wave.length, done: wave.filter((row) => DONE.has(row.phase)).length },
    ...(fencedUntil === undefined ? {} : { fencedUntil }),
  };
}

const DONE: ReadonlySet<string> = new Set(['restored', 'verified', 'cut-over']);

function fencedUntilOf({ cutovers }: MigrationStatus): string | undefined {
  const last = cutovers.at(-1);
  return last !== undefined && last.outcome === undefined ? last.guardedUntil : undefined;
}

/** Tables and texts change often and are told by steps; these are what somebody decides by. */
function keyOf({ phase, runId, paused, waitsFor, fencedUntil }: LastKnown): string {
  const codes = waitsFor.map(({ code, table, since }) => [code, table, since]);
  return JSON.stringify([phase, runId, paused, codes, fencedUntil]);
}

function isOver({ phase }: MigrationStatus): boolean {
  return phase === 'done' || phase === 'cancelled' || phase === 'failed';
}
