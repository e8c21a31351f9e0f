import type { Problem } from '../../../workflows/contract/failures.ts';
import {
  isExclusion,
  isSystemTable,
  matchesTable,
  type TableName,
  withoutMark,
} from '../../../workflows/contract/names.ts';
import { findNearest } from '../../../workflows/contract/requests/nearest.ts';

export interface ExistingTables {
  /** Every table of the source. */
  existing: TableName[];
  cluster: string;
}

export interface ResolvedTables {
  /** Sorted, without repetition, without HBase's own and our own tables. */
  tables: TableName[];
  problems: Problem[];
}

/**
 * Turns names and patterns into the tables that exist on the source, or says which of them match nothing. What a `!`
 * leaves out need not exist: a backup goes on when it was dropped.
 */
export function resolveTables(patterns: string[], { existing, cluster }: ExistingTables): ResolvedTables {
  const candidates = existing.filter((table) => !isSystemTable(table) && !isMarkerTable(table));
  const leftOut = patterns.filter(isExclusion).map(withoutMark);
  const isWanted = (table: TableName): boolean => !leftOut.some((pattern) => matchesTable(pattern, table));
  const named = patterns.map((pattern) =>
    isExclusion(pattern) ? [] : candidates.filter((table) => matchesTable(pattern, table)),
  );
  const matches = named.map((tables) => tables.filter(isWanted));
  const missing = patterns.flatMap((pattern, index) =>
    isExclusion(pattern) || named[index]?.length
      ? []
      : [{ field: `tables.${index}`, message: whyMissing(pattern, { existing: candidates, cluster }) }],
  );
  const tables = [...new Set(matches.flat())].toSorted();
  const isEmpty = tables.length === 0 && missing.length === 0;
  const empty = isEmpty ? [{ field: 'tables', message: `nothing is left on ${cluster} of what is named` }] : [];
  return { tables, problems: [...missing, ...empty, ...findTwice(patterns, matches)] };
}

/** A name that a pattern covers as well is most likely a slip: whoever edits the list later removes the wrong one. */
function findTwice(patterns: string[], matches: TableName[][]): Problem[] {
  return patterns.flatMap((pattern, index) => {
    const earlier = patterns.findIndex(
      (_, other) => other < index && matches[other]?.some((table) => matches[index]?.includes(table)),
    );
    if (earlier < 0) return [];
    const table = matches[index]?.find((name) => matches[earlier]?.includes(name)) ?? pattern;
    return [{ field: `tables.${index}`, message: `"${pattern}" and "${patterns[earlier]}" both name ${table}` }];
  });
}

function whyMissing(pattern: string, { existing, cluster }: ExistingTables): string {
  if (pattern.includes('*')) return `"${pattern}" matches no table on ${cluster}`;
  const nearest = findNearest(pattern, existing);
  return `"${pattern}" does not exist on ${cluster}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`;
}

function isMarkerTable(table: TableName): boolean {
  return /^thb_.*_marker$/.test(table);
}
