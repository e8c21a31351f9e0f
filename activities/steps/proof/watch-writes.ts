import type { WatchEvent, WatchRunInput } from '../../../workflows/contract/step-data.ts';
import type { StepContext } from '../../step-context.ts';
import type { HBaseCluster, UnloggedCount } from '../../hbase/cluster.ts';
import type { RunRecord } from '../../run-record/run-record.ts';

/** Writes that replication does not carry: they are only found by comparing (hazards 12 and 19). */
export interface WritesWatch {
  source: HBaseCluster;
  input: WatchRunInput;
  baseline: UnloggedBaseline;
  /** Looks in a row in which some server's metrics could not be read. */
  blindLooks: number;
  /** Mutations by server at the last look. */
  counts: Record<string, number>;
}

/**
 * Counters as the run first saw them: an attempt of the watch that starts later must not take what was written before
 * it for old. WARNING: stored in run records of runs in flight; only add optional fields.
 */
export interface UnloggedBaseline {
  /** Mutations by server. One that is not here started later, so it counts from nothing. */
  counts: Record<string, number>;
  /** Servers whose counter was not known then, with the reason: what they wrote since is never known. */
  unknown: Record<string, string>;
}

const BASELINE = 'unlogged-mutations';
/** A server that restarts or is busy does not answer for a moment. */
const TRIES = 3;
const TRY_AGAIN_MS = 2_000;

export async function startWritesWatch(
  { source, input, record }: Pick<WritesWatch, 'source' | 'input'> & { record: RunRecord },
  ctx: StepContext,
): Promise<WritesWatch> {
  const first = await record.keepFirst(BASELINE, async () => toBaseline(await readPatiently(source, ctx)));
  const counts = { ...first.counts, ...input.unloggedFrom };
  return { source, input, baseline: { ...first, counts }, blindLooks: 0, counts: {} };
}

async function readPatiently(source: HBaseCluster, ctx: StepContext): Promise<UnloggedCount[]> {
  for (let tries = 1; ; tries += 1) {
    const counts = await source.readUnloggedMutations();
    if (tries === TRIES || counts.every(isReadable)) return counts;
    await ctx.sleep(TRY_AGAIN_MS);
  }
}

export async function watchWrites(watch: WritesWatch): Promise<WatchEvent[]> {
  const { source, input, baseline } = watch;
  const loads = await findBulkLoads(source, input);
  const now = await source.readUnloggedMutations();
  watch.counts = toBaseline(now).counts;
  const events = judgeUnlogged({ cluster: source.name, baseline, now, isBlind: isBlindNow(watch, now) });
  lower(baseline, watch.counts);
  return [...loads, ...events];
}

/** A count is of the regions that a server has: it falls when one leaves, and what comes after counts from there. */
function lower({ counts: before }: UnloggedBaseline, now: Record<string, number>): void {
  for (const [server, count] of Object.entries(now)) {
    if (count < (before[server] ?? 0)) before[server] = count;
  }
}

function isBlindNow(watch: WritesWatch, now: readonly UnloggedCount[]): boolean {
  watch.blindLooks = now.every(isReadable) ? 0 : watch.blindLooks + 1;
  return watch.blindLooks >= TRIES;
}

/** The time is in the key: a second load is another event, also after the first was copied again. */
async function findBulkLoads(source: HBaseCluster, { tables, sinceMs }: WatchRunInput): Promise<WatchEvent[]> {
  const names = tables.map(({ table }) => table);
  return (await source.findBulkLoads(names, sinceMs)).map(({ table, files, lastAtMs }) => ({
    key: `bulk-load:${table}:${lastAtMs}`,
    kind: 'bulk-load',
    table,
    message:
      `${source.name}: ${files} files were bulk-loaded into ${table}, the last at ${new Date(lastAtMs).toISOString()}; ` +
      'replication does not carry them.',
  }));
}

export interface UnloggedLook {
  cluster: string;
  baseline: UnloggedBaseline;
  now: readonly UnloggedCount[];
  /** For so long that it is no moment any more. */
  isBlind: boolean;
}

/** Told once; the first one again when more were written since whole tables were compared. */
export function judgeUnlogged({ cluster, baseline, now, isBlind }: UnloggedLook): WatchEvent[] {
  const grown = now.map((count) => growthOf(count, baseline)).reduce((sum, more) => sum + more, 0);
  const unknown = Object.entries({ ...baseline.unknown, ...(isBlind ? toUnknown(now) : {}) });
  const [first] = unknown.map(([server, why]) => `${server} (${why})`);
  const others = unknown.length > 1 ? ` and ${unknown.length - 1} more` : '';
  return [
    ...eventIf(
      grown > 0,
      'unlogged-writes',
      `${cluster}: ${grown} mutations were written without WAL since the start.`,
    ),
    ...eventIf(
      first !== undefined,
      'metrics-unreadable',
      `${cluster}: the metrics of ${first ?? ''}${others} cannot be read, so nobody sees writes without WAL there.`,
    ),
  ];
}

function growthOf({ server, mutations }: UnloggedCount, { counts, unknown }: UnloggedBaseline): number {
  if (mutations === undefined || server in unknown) return 0;
  return Math.max(0, mutations - (counts[server] ?? 0));
}

function eventIf(condition: boolean, kind: WatchEvent['kind'], message: string): WatchEvent[] {
  return condition ? [{ key: kind, kind, message }] : [];
}

function toBaseline(counts: readonly UnloggedCount[]): UnloggedBaseline {
  const known = counts.flatMap(({ server, mutations }) => (mutations === undefined ? [] : [[server, mutations]]));
  return { counts: Object.fromEntries(known) as Record<string, number>, unknown: toUnknown(counts) };
}

function toUnknown(counts: readonly UnloggedCount[]): Record<string, string> {
  const blind = counts.filter((count) => !isReadable(count));
  return Object.fromEntries(blind.map(({ server, why = 'no answer' }) => [server, why]));
}

function isReadable({ mutations }: UnloggedCount): boolean {
  return mutations !== undefined;
}
