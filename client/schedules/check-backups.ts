import type { Problem } from '../../workflows/contract/failures.ts';
import { isExclusion } from '../../workflows/contract/names.ts';
import { toCanonicalName } from '../../workflows/contract/requests/fields.ts';
import { findNearest } from '../../workflows/contract/requests/nearest.ts';
import type { Inventory } from '../../activities/inventory/inventory.ts';
import { toProblem } from '../../activities/inventory/problems.ts';
import type { YamlSource } from '../../activities/inventory/source.ts';
import type { BackupsInput, SetInput } from './backups-schema.ts';
import { measureGaps } from './firings.ts';
import type { TimingInput } from './timing-schema.ts';
import { toTiming } from './to-timing.ts';
import { toDurationText } from './timing.ts';

type Found = { path: (string | number)[]; message: string };

const LEAST_GAP_MS = 60_000;

interface CheckedBackups {
  input: BackupsInput;
  source: YamlSource;
  nowMs: number;
  /** Names are looked up in it when it is there. */
  inventory?: Inventory | undefined;
}

/** What no single field can tell. */
export function checkBackups({ input, source, nowMs, inventory }: CheckedBackups): Problem[] {
  const sets = Object.entries(input.sets);
  const found = sets.flatMap(([name, set]) =>
    [...checkSet(set, nowMs), ...(inventory === undefined ? [] : checkNames(set, inventory))].map(
      ({ path, message }) => ({ path: ['sets', name, ...path], message }),
    ),
  );
  const empty = sets.length === 0 ? [{ path: ['sets'], message: 'must name at least one set' }] : [];
  return [...empty, ...found].map(({ path, message }) => toProblem(path, { message, source }));
}

function checkSet(set: SetInput, nowMs: number): Found[] {
  const { schedule, expire, drill, keep, tables } = set;
  const names = tables.map(toCanonicalName);
  const timings = Object.entries({ schedule, expire, drill });
  const repeated = names.findIndex((table, index) => names.indexOf(table) !== index);
  return [
    ...timings.flatMap(([field, timing]) =>
      timing === undefined
        ? []
        : checkTiming(timing, nowMs).map(({ path, message }) => ({ path: [field, ...path], message })),
    ),
    ...when(repeated >= 0, ['tables', repeated], 'is named twice'),
    ...when(tables.every(isExclusion), ['tables'], 'only says what is left out; name what it is left out of'),
    ...when(
      keep !== undefined && !keepsAny(keep),
      ['keep'],
      'keeps nothing; give at least one rule, such as { last: 7 }',
    ),
    ...when(expire !== undefined && keep === undefined, ['expire'], 'has no effect without "keep"'),
  ];
}

/** As `expireBackups` would judge; only here the time zone may be that of the set. */
function keepsAny({ last, daily, weekly, monthly, yearly, within }: NonNullable<SetInput['keep']>): boolean {
  return last + daily + weekly + monthly + yearly + within > 0;
}

function checkTiming(timing: TimingInput, nowMs: number): Found[] {
  const { cron, calendar, every, offset, timezone, jitter } = timing;
  const given = [cron, calendar, every].filter((time) => time !== undefined).length;
  if (given !== 1) return [{ path: [], message: 'must have exactly one of "cron", "calendar" and "every"' }];
  return [
    ...when(
      every !== undefined && timezone !== undefined,
      ['timezone'],
      'has no effect on "every", which is not a time of day',
    ),
    ...when(offset !== undefined && every === undefined, ['offset'], 'has an effect on "every" only'),
    ...when(offset !== undefined && every !== undefined && offset >= every, ['offset'], 'must be shorter than "every"'),
    ...checkFirings({ timing, nowMs, jitterMs: jitter ?? 0 }),
  ];
}

function checkFirings({ timing, nowMs, jitterMs }: { timing: TimingInput; nowMs: number; jitterMs: number }): Found[] {
  const field = ['cron', 'calendar', 'every'].find((name) => name in timing) ?? '';
  const gaps = measureGaps(toTiming(timing), nowMs);
  if (gaps === undefined)
    return [{ path: [field], message: 'must be times that come again; it never fires, or only once' }];
  const { leastMs } = gaps;
  return [
    ...when(leastMs < LEAST_GAP_MS, [field], 'must not fire more often than once a minute'),
    ...when(
      jitterMs >= leastMs,
      ['jitter'],
      `must be shorter than the ${toDurationText(leastMs)} between two runs, which would overtake each other`,
    ),
  ];
}

function checkNames(
  { cluster, root, drill, alerts }: SetInput,
  { clusters, storageRoots, alerts: targets }: Inventory,
): Found[] {
  return [
    ...checkName(cluster, { path: ['cluster'], what: 'a cluster', known: clusters }),
    ...checkName(drill?.on, { path: ['drill', 'on'], what: 'a cluster', known: clusters }),
    ...checkName(root, { path: ['root'], what: 'a storage root', known: storageRoots }),
    ...(alerts?.to ?? []).flatMap((name) =>
      checkName(name, { path: ['alerts', 'to'], what: 'an alert target', known: targets }),
    ),
  ];
}

function checkName(
  name: string | undefined,
  { path, what, known }: { path: string[]; what: string; known: ReadonlyMap<string, unknown> },
): Found[] {
  if (name === undefined || known.has(name)) return [];
  const nearest = findNearest(name, [...known.keys()]);
  const advice =
    nearest === undefined ? `it has ${[...known.keys()].join(', ') || 'none'}` : `did you mean "${nearest}"?`;
  return [{ path, message: `must be ${what} of the clusters file; ${advice}` }];
}

function when(isSo: boolean, path: (string | number)[], message: string): Found[] {
  return isSo ? [{ path, message }] : [];
}
