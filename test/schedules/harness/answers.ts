import type { MigrationStatus } from '../../../workflows/contract/status.ts';
import type { ModelMember } from '../../model/world.ts';
import type { MarkSeen } from './properties.ts';

/** What people were told, and what they had in mind: an answer is a promise (I8). */
export interface Answers {
  /** Since when the run says that it is paused; undefined after the word to go on was given. */
  pausedSinceMs: number | undefined;
  /** When somebody was told that everything is undone. */
  cancellingAtMs: number | undefined;
  /** A person asked for the end, by whatever means. */
  hasAskedToStop: boolean;
  /** The tables that a person had before the eyes, by the digest that was approved. */
  approved: Map<string, string[]>;
  /** When a worker first set out to set the mark of a cutover. */
  markAskedAtMs: number | undefined;
}

export function createAnswers(): Answers {
  return {
    pausedSinceMs: undefined,
    cancellingAtMs: undefined,
    hasAskedToStop: false,
    approved: new Map(),
    markAskedAtMs: undefined,
  };
}

/** "Paused" and a fence cannot both be true. */
export function judgePause({ pausedSinceMs }: Answers, source: ModelMember, tables: readonly string[]): string[] {
  if (pausedSinceMs === undefined) return [];
  const fenced = tables.filter((name) => source.state.tables.get(name)?.regions.some(({ readOnly }) => readOnly));
  return fenced.map((name) => `P: ${name} is fenced although the run said that it is paused`);
}

/** "Cancelling" is undone, unless the mark was on its way first. */
export function judgeCancelling({ cancellingAtMs, markAskedAtMs }: Answers, mark: MarkSeen | undefined): string[] {
  if (cancellingAtMs === undefined || mark === undefined) return [];
  const wasFirst = markAskedAtMs !== undefined && markAskedAtMs <= cancellingAtMs;
  return wasFirst ? [] : ['P: cut over although somebody was told before that everything is undone'];
}

/** What was cut over is what a person approved. */
export function judgeApproval({ approved }: Answers, { evidenceDigest, tables, cutovers }: MigrationStatus): string[] {
  const won = cutovers.find(({ outcome }) => outcome === 'cut-over');
  if (won === undefined || won.approvedBy === 'automatic') return [];
  const wave = tables.flatMap(({ table, leftOutBy }) => (leftOutBy === undefined ? [table] : []));
  const seen = approved.get(evidenceDigest ?? '');
  if (seen === undefined) return [`P: cut over by a digest that nobody approved: ${evidenceDigest}`];
  return seen.join() === wave.join() ? [] : [`P: ${seen.join()} was approved, ${wave.join()} was cut over`];
}

/** Nobody asked for it. */
export function judgeEnding({ hasAskedToStop }: Answers, { phase }: MigrationStatus): string[] {
  return phase === 'cancelled' && !hasAskedToStop ? ['P: cancelled, and nobody had asked for that'] : [];
}
