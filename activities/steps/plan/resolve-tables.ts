import type { Problem } from '../../../workflows/contract/failures.ts';
import { isSystemTable, type TableName, tablePatternToRegExp } from '../../../workflows/contract/names.ts';
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

/** Turns names and patterns into the tables that exist on the source, or says which of them match nothing. */
export function resolveTables(patterns: string[], { existing, cluster }: ExistingTables): ResolvedTables {
  const candidates = existing.filter((table) => !isSystemTable(table) && !isMarkerTable(table));
  const matches = patterns.map((pattern) => candidates.filter((table) => tablePatternToRegExp(pattern).test(table)));
  const missing = patterns.flatMap((pattern, index) =>
    matches[index]?.length
      ? []
      : [{ field: `tables.${index}`, message: whyMissing(pattern, { existing: candidates, cluster }) }],
  );
  return { tables: [...new Set(matches.flat())].toSorted(), problems: [...missing, ...findTwice(patterns, matches)] };
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
