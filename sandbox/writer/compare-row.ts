import { groupBy } from './group-by.ts';
import { toColumn, type CellHistory, type RowHistory } from './expected-row.ts';
import type { LedgerFamily } from './ledger.ts';

/** A version as a reader sees it. */
export interface SeenVersion {
  family: string;
  /** Hex. */
  qualifier: string;
  timestamp: number;
  /** Hex. */
  value: string;
}

/** A cell where the cluster and the ledger contradict each other. */
export interface Finding {
  kind: 'lost' | 'resurrected' | 'unexpected';
  table: string;
  /** As text, with other bytes escaped. */
  row: string;
  column: string;
  timestamp?: number;
  message: string;
}

export interface CompareOptions {
  /** Of the row's table, by family. */
  families: ReadonlyMap<string, LedgerFamily>;
  /** When the row was read. */
  readMs: number;
  /** How far clocks and the time of reading may be apart at the end of a TTL. */
  ttlToleranceMs: number;
}

/** Must be visible, may be visible (an unknown outcome, or what compaction decides), or must not. */
type Presence = 'must' | 'may' | 'absent';

/** Compares every version that a reader sees of one row with the ledger (hazards 3 and 18). */
export function compareRow(history: RowHistory, seen: readonly SeenVersion[], options: CompareOptions): Finding[] {
  const byColumn = groupBy(seen, toColumn);
  const known = [...history.cells.values()].flatMap((cell) => {
    const versions = (byColumn.get(toColumn(cell)) ?? []).toSorted((a, b) => b.timestamp - a.timestamp);
    return compareCell({ history, cell, versions, options });
  });
  const others = seen.filter((version) => !history.cells.has(toColumn(version)));
  return [...known, ...others.flatMap((version) => judgeUnknown(history, version))];
}

interface CellComparison {
  history: RowHistory;
  cell: CellHistory;
  /** Newest first. */
  versions: SeenVersion[];
  options: CompareOptions;
}

function compareCell(comparison: CellComparison): Finding[] {
  return comparison.cell.latest.size > 0 ? compareLatest(comparison) : compareVersions(comparison);
}

/** Where the server chose the timestamps, the newest value must be one that the order of the answers allows. */
function compareLatest({ history, cell, versions }: CellComparison): Finding[] {
  const value = versions[0]?.value;
  if (cell.latest.has(value)) return [];
  const expected = [...cell.latest].map(describeValue).join(' or ');
  const kind = cell.latest.size === 1 && cell.latest.has(undefined) ? 'resurrected' : 'lost';
  return [toFinding(history, { kind, cell, message: `expected ${expected}, found ${describeValue(value)}` })];
}

function compareVersions(comparison: CellComparison): Finding[] {
  const { history, cell, versions, options } = comparison;
  const weighed = weighVersions(comparison);
  const seen = new Set(versions.map(toVersionKey));
  // Only the newest so many can be seen: a version that may exist, and is seen, can push out one that must.
  const visible = [...weighed.values()]
    .filter(({ put, presence }) => presence === 'must' || (presence === 'may' && seen.has(toVersionKey(put))))
    .map(({ put }) => put)
    .toSorted((a, b) => b.timestamp - a.timestamp)
    .slice(0, options.families.get(cell.family)?.versions ?? 1);
  const found = versions.length === 0 ? 'nothing' : versions.map(describeVersion).join(', ');
  const toLost = (put: Put) => {
    const message = `${describeVersion(put)} is gone, found ${found}`;
    return toFinding(history, { kind: 'lost', cell, timestamp: put.timestamp, message });
  };
  return [
    ...versions.flatMap((version) => judgeSeen(comparison, version, weighed.get(toVersionKey(version))?.presence)),
    ...visible.filter((put) => !seen.has(toVersionKey(put))).map(toLost),
  ];
}

function judgeSeen({ history, cell }: CellComparison, version: SeenVersion, presence: Presence | undefined): Finding[] {
  if (presence === 'must' || presence === 'may') return [];
  if (presence === undefined) return judgeUnknown(history, version);
  const message = `${describeVersion(version)} was deleted, replaced or has expired`;
  return [toFinding(history, { kind: 'resurrected', cell, timestamp: version.timestamp, message })];
}

/** A version that the writer never wrote: preloaded, or somebody else's. A marker of the writer's hides it too. */
function judgeUnknown(history: RowHistory, version: SeenVersion): Finding[] {
  const isHidden = history.markers.some(
    (marker) => marker.certain && covers(marker, version) && isUnder(marker, version.timestamp),
  );
  const isOwnCell = history.cells.has(toColumn(version));
  if (!isHidden && !isOwnCell) return [];
  const message = `${describeVersion(version)} ${isHidden ? 'was deleted' : 'was never written'}`;
  const kind = isHidden ? 'resurrected' : 'unexpected';
  return [toFinding(history, { kind, cell: version, timestamp: version.timestamp, message })];
}

interface WeighedPut {
  put: Put;
  presence: Presence;
}

/** By timestamp and value; a version that was put twice is there if either put is. */
function weighVersions({ history, cell, options }: CellComparison): Map<string, WeighedPut> {
  const family = options.families.get(cell.family);
  const oldestKept = getOldestKept(history, cell, family?.versions ?? 1);
  const weighed = new Map<string, WeighedPut>();
  for (const put of cell.puts) {
    const presence = weakest([
      put.certain ? 'must' : 'may',
      weighMarkers(history, cell, put),
      weighReplacement(cell, put),
      weighAge(put.timestamp, family?.ttlSeconds ?? 0, options),
      put.timestamp < oldestKept ? 'may' : 'must',
    ]);
    const before = weighed.get(toVersionKey(put))?.presence ?? 'absent';
    weighed.set(toVersionKey(put), { put, presence: strongest(before, presence) });
  }
  return weighed;
}

/** Once versions are deleted one by one, whether those beyond the limit come to light is up to compactions. */
function getOldestKept(history: RowHistory, cell: CellHistory, versions: number): number {
  const isThinned = history.markers.some((marker) => marker.kind === 'DELETE_VERSION' && covers(marker, cell));
  if (!isThinned) return 0;
  const newestFirst = [...new Set(cell.puts.map(({ timestamp }) => timestamp))].toSorted((a, b) => b - a);
  return newestFirst[versions - 1] ?? 0;
}

function weakest(presences: readonly Presence[]): Presence {
  if (presences.includes('absent')) return 'absent';
  return presences.includes('may') ? 'may' : 'must';
}

function strongest(one: Presence, other: Presence): Presence {
  if (one === 'must' || other === 'must') return 'must';
  return one === 'may' || other === 'may' ? 'may' : 'absent';
}

type Put = CellHistory['puts'][number];

function weighMarkers(history: RowHistory, cell: CellHistory, put: Put): Presence {
  return weakest(history.markers.filter((marker) => covers(marker, cell)).map((marker) => weighMarker(marker, put)));
}

/** A put under an older marker shows or not, depending on whether a compaction has dropped the marker. */
function weighMarker(marker: RowHistory['markers'][number], put: Put): Presence {
  if (isUnder(marker, put.timestamp)) return marker.certain && marker.sequence > put.sequence ? 'absent' : 'may';
  return marker.kind !== 'DELETE_VERSION' && put.timestamp <= marker.highMs ? 'may' : 'must';
}

function isUnder(marker: RowHistory['markers'][number], timestamp: number): boolean {
  return marker.kind === 'DELETE_VERSION' ? timestamp === marker.lowMs : timestamp <= marker.lowMs;
}

/** A later put with the same timestamp takes the earlier one's place. */
function weighReplacement(cell: CellHistory, put: Put): Presence {
  const later = cell.puts.filter(
    (other) => other.timestamp === put.timestamp && other.sequence > put.sequence && other.value !== put.value,
  );
  if (later.length === 0) return 'must';
  return later.some(({ certain }) => certain) ? 'absent' : 'may';
}

function weighAge(timestamp: number, ttlSeconds: number, { readMs, ttlToleranceMs }: CompareOptions): Presence {
  if (ttlSeconds === 0) return 'must';
  const endMs = timestamp + ttlSeconds * 1000;
  if (endMs + ttlToleranceMs < readMs) return 'absent';
  return endMs - ttlToleranceMs < readMs ? 'may' : 'must';
}

function covers(marker: RowHistory['markers'][number], cell: { family: string; qualifier: string }): boolean {
  return marker.column === '' || marker.column === toColumn(cell);
}

function toVersionKey({ timestamp, value }: { timestamp: number; value: string }): string {
  return `${timestamp}=${value}`;
}

function toFinding(
  history: RowHistory,
  found: { kind: Finding['kind']; cell: { family: string; qualifier: string }; timestamp?: number; message: string },
): Finding {
  return {
    kind: found.kind,
    table: history.table,
    row: toText(history.row),
    column: `${found.cell.family}:${toText(found.cell.qualifier)}`,
    ...(found.timestamp === undefined ? {} : { timestamp: found.timestamp }),
    message: found.message,
  };
}

function describeVersion({ timestamp, value }: { timestamp: number; value: string }): string {
  return `${describeValue(value)}@${timestamp}`;
}

function describeValue(hex: string | undefined): string {
  if (hex === undefined) return 'nothing';
  const text = toText(hex);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Like HBase's `toStringBinary`. */
export function toText(hex: string): string {
  return Buffer.from(hex, 'hex')
    .toString('latin1')
    .replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`);
}
