import type {
  ArchivedWal,
  ChainBreak,
  HeldName,
  RestorableInterval,
} from '../../../workflows/contract/backup/archive.ts';
import type { BackupId, BackupRecord, BackupState } from '../../../workflows/contract/backup/record.ts';
import type { TableName } from '../../../workflows/contract/names.ts';
import type { NamedTick } from '../../catalogue/wal-archive.ts';

/** Everything that decides which instants can be restored. Times are server clocks. */
export interface ChainFacts {
  clusterId: string;
  ticks: readonly NamedTick[];
  wals: readonly ArchivedWal[];
  backups: readonly BackupState[];
  /** What was written before it may have gone (hazard 48). */
  horizonMs: number;
}

/** A stretch of time without a gap in the WALs. */
export interface CoveredSpan {
  fromMs: number;
  toMs: number;
  /** Why nothing after it is known to be archived. */
  endsBy: string;
}

/** One base and how far it can be brought. */
export interface BaseReach {
  base: BackupState;
  /** Nothing in the base is after it, nor can a replay stop before it (hazard 42). */
  fromMs: number;
  toMs: number;
  /** From here its WALs are needed. */
  walsFromMs: number;
  endsBy: string;
}

export type InstantAnswer =
  | { base: BackupState; fromMs: number; wals: ArchivedWal[] }
  | { refused: string; choices: { table: TableName; intervals: RestorableInterval[] }[] };

const NAMED = 3;

/**
 * The stretches that are covered without a gap. A tick goes on from the one that it names, as long as that one is
 * there and every WAL that it had to archive is in the index.
 */
export function findSpans({ ticks, wals, horizonMs }: Omit<ChainFacts, 'backups' | 'clusterId'>): CoveredSpan[] {
  const indexed = new Set(wals.map(({ name }) => name));
  const spans: CoveredSpan[] = [];
  let before: NamedTick | undefined;
  for (const named of ticks) {
    const { tick } = named;
    const missing = tick.archived.filter((wal) => !indexed.has(wal.name) && (wal.lastMs ?? wal.startedMs) >= horizonMs);
    const last = spans.at(-1);
    const goesOn = last !== undefined && tick.continues === before?.name && last.toMs === tick.coveredFromMs;
    const from = missing.length > 0 ? tick.coveredToMs : tick.coveredFromMs;
    if (goesOn && missing.length === 0) last.toMs = tick.coveredToMs;
    else {
      if (last) last.endsBy = explainGap(named, { before, missing });
      spans.push({ fromMs: from, toMs: tick.coveredToMs, endsBy: '' });
    }
    before = named;
  }
  const newest = spans.at(-1);
  if (newest) newest.endsBy = `it is archived up to ${toIso(newest.toMs)}, as of the tick of ${before?.tick.at ?? '?'}`;
  return spans
    .map((span) => ({ ...span, fromMs: Math.max(span.fromMs, horizonMs) }))
    .filter(({ fromMs, toMs }) => fromMs <= toMs);
}

function explainGap(
  { name, tick }: NamedTick,
  { before, missing }: { before: NamedTick | undefined; missing: HeldName[] },
): string {
  const at = `a gap in the WALs before ${toIso(tick.coveredToMs)}`;
  if (missing.length > 0) {
    const names = missing.slice(0, NAMED).map((wal) => wal.name);
    return `${at}: ${missing.length} archived WALs are not in the index, first ${names.join(', ')}`;
  }
  if (tick.gap !== undefined) return `${at}: ${tick.gap.slice(0, NAMED).join('; ')}`;
  if (tick.continues !== undefined && tick.continues !== before?.name)
    return `${at}: tick ${tick.continues} is missing`;
  return `${at}, as tick ${name} says`;
}

/** What a replay of the table cannot cross: what the ticks saw, and bulk loads, which are markers in the WALs. */
export function findBreaks({ ticks, wals }: Pick<ChainFacts, 'ticks' | 'wals'>, table: TableName): ChainBreak[] {
  const seen = ticks.flatMap(({ tick }) => tick.breaks).filter((one) => one.table === table);
  const loads = wals.flatMap(({ tables, name }) =>
    tables
      .filter((one) => one.table === table && one.bulkLoadFiles > 0)
      .map(({ firstMs, lastMs, bulkLoadFiles }): ChainBreak => {
        const why = `${bulkLoadFiles} files were bulk-loaded, whose rows are in no WAL (${name})`;
        return { table, kind: 'bulk-load', fromMs: firstMs, toMs: lastMs, why };
      }),
  );
  return [...seen, ...loads].toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
}

/** How far each base of a table can be brought, oldest first. A break that ended before the base began is in it. */
export function findReaches(facts: ChainFacts, table: TableName): BaseReach[] {
  const spans = findSpans(facts);
  const breaks = findBreaks(facts, table);
  const bases = facts.backups.filter((state) => isBase(state, { table, clusterId: facts.clusterId }));
  return bases
    .toSorted((a, b) => toFromMs(a.record) - toFromMs(b.record))
    .flatMap((base) => {
      const walsFromMs = toWalsFromMs(base.record);
      const span = spans.find(({ fromMs, toMs }) => fromMs <= walsFromMs && walsFromMs <= toMs);
      if (!span) return [];
      const next = breaks.find(({ toMs }) => toMs >= walsFromMs);
      const broken = next !== undefined && next.fromMs <= span.toMs;
      const fromMs = toFromMs(base.record);
      const toMs = broken ? next.fromMs - 1 : span.toMs;
      const endsBy = broken
        ? `${next.kind} between ${toIso(next.fromMs)} and ${toIso(next.toMs)}: ${next.why}`
        : span.endsBy;
      return fromMs <= toMs ? [{ base, fromMs, toMs, walsFromMs, endsBy }] : [];
    });
}

/** What a person can choose from, oldest first. */
export function findIntervals(facts: ChainFacts, table: TableName): RestorableInterval[] {
  const merged: RestorableInterval[] = [];
  for (const { base, fromMs, toMs, endsBy } of findReaches(facts, table)) {
    const last = merged.at(-1);
    if (last && fromMs <= last.toMs + 1) {
      last.bases.unshift(base.record.id);
      if (toMs > last.toMs) Object.assign(last, { toMs, endsBy });
    } else merged.push({ fromMs, toMs, bases: [base.record.id], endsBy });
  }
  return merged;
}

/** The newest base that brings all of these tables to the instant, and the WALs from it; or why there is none. */
export function judgeInstant(
  facts: ChainFacts,
  { tables, toMs, backup }: { tables: readonly TableName[]; toMs: number; backup?: BackupId },
): InstantAnswer {
  const reaches = tables.map((table) =>
    findReaches(facts, table).filter((reach) => reach.fromMs <= toMs && toMs <= reach.toMs),
  );
  const shared = (reaches[0] ?? []).filter(
    ({ base: { record } }) =>
      (backup === undefined || record.id === backup) &&
      reaches.every((each) => each.some((reach) => reach.base.record.id === record.id)),
  );
  const best = shared.at(-1);
  if (best) {
    const wals = facts.wals.filter((wal) => isNeeded(wal, { fromMs: best.walsFromMs, toMs }));
    return { base: best.base, fromMs: best.walsFromMs, wals };
  }
  const choices = tables.map((table) => ({ table, intervals: findIntervals(facts, table) }));
  return { refused: explainRefusal(facts, { tables, toMs, backup, reaches }), choices };
}

function explainRefusal(
  facts: ChainFacts,
  {
    tables,
    toMs,
    backup,
    reaches,
  }: { tables: readonly TableName[]; toMs: number; backup: BackupId | undefined; reaches: BaseReach[][] },
): string {
  const at = tables.findIndex((_, index) => reaches[index]?.length === 0);
  const table = tables[at];
  if (table === undefined) {
    const which = backup === undefined ? 'one backup that all tables can be brought from' : `a chain from ${backup}`;
    return `there is no ${which} to ${toIso(toMs)}`;
  }
  const all = findReaches(facts, table);
  const near = all.filter(({ fromMs }) => fromMs <= toMs).at(-1);
  if (near) return `${table}: ${near.endsBy}`;
  const next = all.find(({ fromMs }) => fromMs > toMs);
  const first = next === undefined ? '' : `; the first instant after it is ${toIso(next.fromMs)}`;
  return `${table}: no sound backup that ended before ${toIso(toMs)} has WALs from its start on${first}`;
}

/** Which backups expiry must keep, so that every instant of the window stays restorable (hazard 48). */
export function findNeededBases(
  facts: ChainFacts,
  { tables, windowFromMs }: { tables: readonly TableName[]; windowFromMs: number },
): { bases: Set<BackupId>; walsFromMs: number } {
  const bases = new Set<BackupId>();
  let walsFromMs = windowFromMs;
  for (const table of tables) {
    for (const reach of listOldest(findReaches(facts, table), windowFromMs)) {
      bases.add(reach.base.record.id);
      walsFromMs = Math.min(walsFromMs, reach.walsFromMs);
    }
  }
  return { bases, walsFromMs };
}

/** Of each stretch that ends in the window: the newest base before the window, or else the first one in it. */
function listOldest(reaches: readonly BaseReach[], windowFromMs: number): BaseReach[] {
  const open = reaches.filter(({ toMs }) => toMs >= windowFromMs);
  return [...new Set(open.map(({ toMs }) => toMs))].flatMap((end) => {
    const stretch = open.filter(({ toMs }) => toMs === end);
    const before = stretch.filter(({ fromMs }) => fromMs <= windowFromMs);
    return before.at(-1) ?? stretch[0] ?? [];
  });
}

/** WALs that nothing needs once `walsFromMs` is the horizon. One without entries goes by when it began. */
export function isExpired({ lastMs, startedMs }: ArchivedWal, walsFromMs: number): boolean {
  return (lastMs ?? startedMs) < walsFromMs && startedMs < walsFromMs;
}

function isNeeded({ firstMs, lastMs }: ArchivedWal, { fromMs, toMs }: { fromMs: number; toMs: number }): boolean {
  return firstMs !== undefined && lastMs !== undefined && lastMs >= fromMs && firstMs <= toMs;
}

/** Sound, and what its last drill has shown is no other. A partial one will do for the tables that are in it. */
function isBase(
  { record, damaged, expiringSince, lastDrill }: BackupState,
  { table, clusterId }: { table: TableName; clusterId: string },
): boolean {
  return (
    record.cluster.clusterId === clusterId &&
    damaged.length === 0 &&
    expiringSince === undefined &&
    lastDrill?.result !== 'different' &&
    record.tables.some((one) => one.table === table)
  );
}

function toFromMs({ endMs, skewMs }: BackupRecord): number {
  return endMs + skewMs;
}

function toWalsFromMs({ startMs, skewMs }: BackupRecord): number {
  return startMs - skewMs;
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
