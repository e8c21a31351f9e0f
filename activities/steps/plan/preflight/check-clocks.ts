import type { Finding } from '../../../../workflows/contract/plan.ts';
import { findingIf, type PreflightFacts, type SideFacts } from './facts.ts';

/**
 * Servers tell their clock with their reports: seconds old, and many more on a busy machine, so less than this says
 * nothing. The cutover itself measures exactly, by cells that the servers stamp.
 */
export const READING_ERROR_MS = 30_000;
/** Twice `hbase.master.maxclockskew`, beyond which a server is refused by its own master. */
const LARGEST_MS = 60_000;

/** hbase.md §9: 39. A target behind the source makes the cutover wait inside the fence (hazards 6). */
export function checkClocks({ source, target }: PreflightFacts): Finding[] {
  const readings = [...toReadings(source), ...toReadings(target)];
  if (readings.length === 0) return [];
  const first = readings.reduce((least, next) => (next.clockMs < least.clockMs ? next : least));
  const last = readings.reduce((most, next) => (next.clockMs > most.clockMs ? next : most));
  const skewMs = last.clockMs - first.clockMs;
  return findingIf(skewMs > READING_ERROR_MS, () => ({
    code: 'clock.skew',
    level: skewMs > LARGEST_MS ? 'error' : 'warn',
    message: `Clocks are ${Math.round(skewMs / 1_000)} s apart: ${first.server} is behind ${last.server}.`,
    fix: 'Synchronise the clocks of both clusters (NTP): cell timestamps decide which write wins after the switch.',
  }));
}

function toReadings({ name, clocks }: SideFacts) {
  return clocks.map(({ server, clockMs }) => ({ server: `${name}/${server}`, clockMs }));
}
