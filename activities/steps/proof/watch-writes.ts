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
  const baseline = await record.keepFirst(BASELINE, async () => toBaseline(await readPatiently(source, ctx)));
  return { source, input, baseline, blindLooks: 0 };
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
  watch.blindLooks = now.every(isReadable) ? 0 : watch.blindLooks + 1;
  const isBlind = watch.blindLooks >= TRIES;
  return [...loads, ...judgeUnlogged({ cluster: source.name, baseline, now, isBlind })];
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

/** Once said, both hold until the end: whole tables are compared from then on. */
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
