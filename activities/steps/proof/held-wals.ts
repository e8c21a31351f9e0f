import type { HeldWals } from '../../../workflows/contract/status.ts';
import type { WatchEvent } from '../../../workflows/contract/step-data.ts';
import type { ClusterFacts } from '../../hbase/cluster.ts';

/** One look at what the peers hold. */
export interface WalSample {
  atMs: number;
  bytes: number;
}

/** Growth is taken over this long, so that one roll or one compaction does not make a forecast. */
const SLOPE_MS = 10 * 60_000;
const WARNING_SHARE = 0.75;
/** From here on nothing more may be written: the bootstrap is held, and the peer is the thing to give up. */
const HOLD_SHARE = 0.85;

export function addSample(samples: readonly WalSample[], sample: WalSample): WalSample[] {
  return [...samples.filter(({ atMs }) => sample.atMs - atMs <= SLOPE_MS), sample];
}

export function toHeldWals(
  samples: readonly WalSample[],
  { freeBytes, capacityBytes }: Pick<ClusterFacts, 'freeBytes' | 'capacityBytes'>,
): HeldWals {
  const last = samples.at(-1) ?? { atMs: 0, bytes: 0 };
  const first = samples[0] ?? last;
  const seconds = (last.atMs - first.atMs) / 1_000;
  const growthBytesPerSecond = seconds > 0 ? Math.round((last.bytes - first.bytes) / seconds) : 0;
  const fullInMs = growthBytesPerSecond > 0 ? (freeBytes / growthBytesPerSecond) * 1_000 : undefined;
  return {
    bytes: last.bytes,
    growthBytesPerSecond,
    freeBytes,
    capacityBytes,
    ...(fullInMs === undefined ? {} : { diskFullAt: toIsoWithinReason(last.atMs + fullInMs) }),
    asOf: new Date(last.atMs).toISOString(),
  };
}

/** The worse of both comes first: a watcher returns with one event. */
export function judgeDisk(heldWals: HeldWals): WatchEvent[] {
  const { capacityBytes, freeBytes, diskFullAt } = heldWals;
  if (capacityBytes <= 0) return [];
  const usedShare = 1 - freeBytes / capacityBytes;
  const percent = `${Math.floor(usedShare * 100)} %`;
  const forecast = diskFullAt === undefined ? '' : `, full at ${diskFullAt} at this rate`;
  const message = `The source's disk is ${percent} full${forecast}; this run's peers hold ${heldWals.bytes} bytes of WALs.`;
  const toEvent = (kind: 'disk-warning' | 'disk-hold'): WatchEvent => ({ key: kind, kind, message, heldWals });
  return [
    ...(usedShare >= HOLD_SHARE ? [toEvent('disk-hold')] : []),
    ...(usedShare >= WARNING_SHARE ? [toEvent('disk-warning')] : []),
  ];
}

/** A growth of a few bytes forecasts years that no calendar holds. */
function toIsoWithinReason(atMs: number): string {
  return new Date(Math.min(atMs, Date.UTC(9999, 0))).toISOString();
}
