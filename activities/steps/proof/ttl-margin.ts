import type { FamilyName } from '../../../workflows/contract/names.ts';
import type { PlannedFamily } from '../../../workflows/contract/plan.ts';

/** HBase's FOREVER. */
const FOREVER_SECONDS = 2_147_483_647;
const MARGIN_MS = 120_000;

/**
 * Cells about to expire are not compared: TTL can end between the two scans, and a fast clock ends it earlier
 * (hazard 18). The margin is two minutes, or half of a shorter TTL.
 *
 * @param newestClockMs the fastest clock of both clusters now: that side drops cells first.
 */
export function toIgnoreBefore(
  families: readonly Pick<PlannedFamily, 'name' | 'ttlSeconds'>[],
  newestClockMs: number,
): Record<FamilyName, number> | undefined {
  const finite = families.filter(({ ttlSeconds }) => ttlSeconds > 0 && ttlSeconds < FOREVER_SECONDS);
  if (finite.length === 0) return undefined;
  return Object.fromEntries(
    finite.map(({ name, ttlSeconds }) => {
      const ttlMs = ttlSeconds * 1_000;
      return [name, Math.round(newestClockMs - ttlMs + Math.min(MARGIN_MS, ttlMs / 2))];
    }),
  );
}
