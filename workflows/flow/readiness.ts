import type { MigrationStatus, TableStatus } from '../contract/status.ts';

/** Facts of the watch that forbid a cutover until a person has acted. A full disk does not: cutting over empties it. */
export const WATCH_BLOCKERS = [
  'bulk-load',
  'schema-changed',
  'table-dropped',
  'peer-changed',
  'hfile-refs',
  'watch',
  'watch-blind',
];

/** Tables that are still to be cut over together. */
export function waveTables({ tables }: MigrationStatus): TableStatus[] {
  return tables.filter(({ leftOutBy }) => leftOutBy === undefined);
}

/** Wave tables that go on only by `retryTable` or `cutOverWithout`. */
export function blockingTables(status: MigrationStatus): string[] {
  const blocked = new Set(
    status.blockers.flatMap(({ code, table }) => (table !== undefined && STUCK.has(code) ? [table] : [])),
  );
  return waveTables(status)
    .filter(({ table, phase }) => phase === 'quarantined' || phase === 'mismatch' || blocked.has(table))
    .map(({ table }) => table);
}

/** What the watch has seen that forbids the cutover. */
export function watchBlockers(status: MigrationStatus): string[] {
  return status.blockers
    .filter(({ code }) => WATCH_BLOCKERS.includes(code))
    .map(({ code, table, message }) => `${code}${table === undefined ? '' : ` of ${table}`}: ${message}`);
}

/** Every table of the wave is proven equal and nothing forbids the cutover (I3). */
export function isProven(status: MigrationStatus): boolean {
  const wave = waveTables(status);
  const proven = wave.every(({ phase, verification }) => phase === 'verified' && verification?.result === 'equal');
  return wave.length > 0 && proven && watchBlockers(status).length === 0;
}

const STUCK = new Set(['table-quarantined', 'verification', 'bulk-load', 'schema-changed', 'table-dropped']);
