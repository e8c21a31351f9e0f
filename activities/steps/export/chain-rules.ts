import type { ChainBreak } from '../../../workflows/contract/backup/archive.ts';
import type {
  ExportChain,
  ExportId,
  ExportRecord,
  ExportRequest,
  ExportScope,
} from '../../../workflows/contract/backup/export.ts';
import type { TableName } from '../../../workflows/contract/names.ts';

/** The rules of a chain of time ranges. Pure. */

/** A cell gets its timestamp just before it becomes visible: one that is about to be is in the next range. */
const IN_FLIGHT_MS = 2_000;

/** A base and what follows it, oldest first; or why the chain does not lead there. */
export type Followed = { exports: [ExportRecord, ...ExportRecord[]] } | { broken: string };

/** Back from the newest export, or from the one that is asked for, to its base. */
export function followChain({ chain, exports, damaged }: ExportChain, upTo?: ExportId): Followed {
  const newestDamaged = damaged.map(({ path }) => numberOf(path)).reduce((a, b) => Math.max(a, b), 0);
  const last = upTo === undefined ? exports.at(-1) : exports.find(({ id }) => id === upTo);
  if (upTo === undefined && newestDamaged > (last?.number ?? 0)) {
    return { broken: describeDamage(damaged, newestDamaged) };
  }
  if (!last) return { broken: `chain ${chain} has no export${upTo === undefined ? '' : ` ${upTo}`}` };
  let followed: [ExportRecord, ...ExportRecord[]] = [last];
  while (followed[0].kind !== 'base') {
    const [first] = followed;
    const before = exports.find(({ number }) => number === first.number - 1);
    if (!before) return { broken: describeDamage(damaged, first.number - 1) };
    if (before.digest !== first.continues || before.toMs !== first.fromMs) {
      return {
        broken: `number ${first.number} goes on from another number ${before.number} than the one that is there`,
      };
    }
    followed = [before, ...followed];
  }
  return { exports: followed };
}

function describeDamage(damaged: ExportChain['damaged'], number: number): string {
  const found = damaged.find(({ path }) => numberOf(path) === number);
  return found ? `${found.path} is damaged: ${found.why}` : `the record of number ${number} is gone`;
}

function numberOf(path: string): number {
  return Number(/(\d+)\.json$/.exec(path)?.[1] ?? 0);
}

export interface ContinuationQuestion {
  last: Pick<ExportRecord, 'number' | 'tables' | 'cluster'> & ExportScope;
  request: ExportScope;
  tables: TableName[];
  /** What became of the tables since. */
  breaks: Pick<ChainBreak, 'table' | 'why'>[];
}

/** Everything that keeps an export from going on where the last one ended. Empty when it may. */
export function findReasonsForBase({ last, request, tables, breaks }: ContinuationQuestion): string[] {
  const names = new Set(last.tables.map(({ table }) => table));
  const wanted = new Set(tables);
  return [
    ...(last.versions === request.versions ? [] : [`versions were ${last.versions}, and are ${request.versions}`]),
    ...(nameFamilies(last) === nameFamilies(request)
      ? []
      : [`families were ${nameFamilies(last)}, and are ${nameFamilies(request)}`]),
    ...(last.raw === request.raw ? [] : [`raw was ${last.raw}, and is ${request.raw}`]),
    ...tables.filter((table) => !names.has(table)).map((table) => `${table} is not in the chain`),
    ...[...names].filter((table) => !wanted.has(table)).map((table) => `${table} is in the chain, and not asked for`),
    ...breaks.filter(({ table }) => names.has(table) && wanted.has(table)).map(({ table, why }) => `${table}: ${why}`),
  ];
}

function nameFamilies({ families }: ExportScope): string {
  return families.join(', ') || 'all';
}

export type Range = Pick<ExportRecord, 'kind' | 'continues' | 'fromMs' | 'toMs'>;

/** `problem`: what was asked for cannot be. `early`: nothing can be new yet; ask again in a moment. */
export type DecidedRange = { range: Range } | { problem: string } | { early: string };

/**
 * [from, to), as Export takes it: what one range ends before, the next one begins with. The end is never later than the
 * slowest clock of the cluster, less what may be in flight, or the next range would miss what that server writes now.
 */
export function decideRange({
  last,
  request,
  clocksMs,
}: {
  last: Pick<ExportRecord, 'toMs' | 'digest'> | undefined;
  request: Pick<ExportRequest, 'toMs'>;
  /** Of all live servers. */
  clocksMs: readonly number[];
}): DecidedRange {
  const latestMs = Math.min(...clocksMs) - IN_FLIGHT_MS;
  const fromMs = last?.toMs ?? 0;
  const toMs = request.toMs ?? latestMs;
  if (toMs > latestMs) {
    return { problem: `${toIso(toMs)} is later than ${toIso(latestMs)}, up to which no server writes any more` };
  }
  if (toMs <= fromMs) {
    const why = `${toIso(toMs)} is not after ${toIso(fromMs)}, where the chain ends`;
    return request.toMs === undefined ? { early: why } : { problem: why };
  }
  const begin =
    last === undefined ? ({ kind: 'base' } as const) : ({ kind: 'increment', continues: last.digest } as const);
  return { range: { ...begin, fromMs, toMs } };
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
