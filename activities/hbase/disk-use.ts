import type { ClusterFacts } from './cluster.ts';

/** One rule for preflight, migrations and archives, so that what one lets pass is not held by another. */

const WARNING_PERCENT = 75;
/** From the first on nothing more may be written for long; each is told anew (hazard 13). */
const HOLD_PERCENTS = [85, 90, 95, 99] as const;
/** A disk with this many times the need free is not judged by its percentage, unless it fills soon. */
const AMPLE = 20;
const SOON_MS = 3 * 86_400_000;
/** Taken back only so far below, or a disk at the step itself would be told of again and again. */
const SLACK_PERCENT = 2;

export interface DiskUse extends Pick<ClusterFacts, 'freeBytes' | 'capacityBytes'> {
  /** What this will put there, or keep from being removed. */
  needBytes: number;
  /** At the rate that was seen. */
  fullInMs?: number;
}

export interface DiskVerdict {
  /** Used, whole percent. */
  percent: number;
  isWarning: boolean;
  /** The steps from which on work is held, highest first. */
  holds: number[];
}

/** `toldHolds`: steps that were told and not taken back. */
export function judgeDiskUse(use: DiskUse, toldHolds: readonly number[] = []): DiskVerdict {
  const { freeBytes, capacityBytes } = use;
  const used = capacityBytes > 0 ? (1 - freeBytes / capacityBytes) * 100 : 0;
  const percent = Math.floor(used);
  if (isAmple(use)) return { percent, isWarning: false, holds: [] };
  const isReached = (step: number): boolean => used >= (toldHolds.includes(step) ? step - SLACK_PERCENT : step);
  return { percent, isWarning: used >= WARNING_PERCENT, holds: HOLD_PERCENTS.filter(isReached).toReversed() };
}

function isAmple({ freeBytes, needBytes, fullInMs = Number.POSITIVE_INFINITY }: DiskUse): boolean {
  return freeBytes >= AMPLE * needBytes && fullInMs > SOON_MS;
}
