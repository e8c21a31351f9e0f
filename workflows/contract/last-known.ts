import type { MigrationPhase } from './status.ts';

/**
 * Memo of a migration: the last status in short, which needs no worker to be read. Written when the phase, what it waits
 * for or the fence changes. WARNING: its name is in recorded histories; never rename it.
 */
export const LAST_KNOWN = 'lastKnown';

export interface LastKnown {
  formatVersion: 1;
  phase: MigrationPhase;
  since: string;
  asOf: string;
  runId?: string;
  source: string;
  target: string;
  paused: boolean;
  /** The first of them; `more` says how many there are beside. */
  waitsFor: { code: string; table?: string; since: string; message: string }[];
  more?: number;
  tables: { total: number; done: number };
  /** ISO time by which the fence guard gives writes back; only while a fence may stand. */
  fencedUntil?: string;
}

/** Memos come from Temporal as anything. */
export function isLastKnown(value: unknown): value is LastKnown {
  return typeof value === 'object' && value !== null && 'formatVersion' in value && value.formatVersion === 1;
}
