import type { HeldWals } from '../../../workflows/contract/status.ts';
import type { WatchEvent } from '../../../workflows/contract/step-data.ts';
import type { ClusterFacts } from '../../hbase/cluster.ts';
import { judgeDiskUse } from '../../hbase/disk-use.ts';

/** One look at what the peers hold. */
export interface WalSample {
  atMs: number;
  bytes: number;
}

/** Growth is taken over this long, so that one roll or one compaction does not make a forecast. */
const SLOPE_MS = 10 * 60_000;
const HOLD = 'disk-hold:';
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

export interface DiskLook {
  heldWals: HeldWals;
  /** Of the tables that are copied: what the source keeps for them is not more, as a rule. */
  waveBytes: number;
  /** Keys that were told and not taken back. */
  seen: readonly string[];
}

/** The worst comes first: a watcher returns with one event. */
export function judgeDisk({ heldWals, waveBytes, seen }: DiskLook): WatchEvent[] {
  const { diskFullAt, asOf, bytes } = heldWals;
  const forecastMs = diskFullAt === undefined ? {} : { fullInMs: Date.parse(diskFullAt) - Date.parse(asOf) };
  const use = { ...heldWals, needBytes: Math.max(waveBytes, bytes), ...forecastMs };
  const told = seen.flatMap((key) => (key.startsWith(HOLD) ? [Number(key.slice(HOLD.length))] : []));
  const { percent, isWarning, holds } = judgeDiskUse(use, told);
  const forecast = diskFullAt === undefined ? '' : `, full at ${diskFullAt} at this rate`;
  const message = `The source's disk is ${percent} % full${forecast}; this run's peers hold ${bytes} bytes of WALs.`;
  const toEvent = (kind: 'disk-warning' | 'disk-hold', key: string): WatchEvent => ({ key, kind, message, heldWals });
  return [
    ...holds.map((step) => toEvent('disk-hold', `${HOLD}${step}`)),
    ...(isWarning ? [toEvent('disk-warning', 'disk-warning')] : []),
  ];
}

/** A growth of a few bytes forecasts years that no calendar holds. */
function toIsoWithinReason(atMs: number): string {
  return new Date(Math.min(atMs, Date.UTC(9999, 0))).toISOString();
}
