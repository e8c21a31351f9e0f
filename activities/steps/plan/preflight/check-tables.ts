import type { Finding } from '../../../../workflows/contract/plan.ts';
import { findingIf, type PreflightFacts, type TableFacts } from './facts.ts';

/** hbase.md §9: 9, 27 and the state that a snapshot and the replication need. */
export function checkTables(facts: PreflightFacts): Finding[] {
  const cluster = facts.source.name;
  return [...facts.tables.flatMap((table) => checkTable(table, cluster)), ...checkClaims(facts)];
}

function checkTable({ table, source }: TableFacts, cluster: string): Finding[] {
  const place = { table, cluster };
  return [
    ...findingIf(!source.enabled, () => ({
      code: 'table.disabled',
      level: 'error',
      message: `${table} is disabled on ${cluster}.`,
      fix: 'Enable it, or leave it out: a disabled table needs no online migration.',
      ...place,
    })),
    ...findingIf(source.readOnly, () => ({
      code: 'table.read-only',
      level: 'error',
      message: `${table} is READONLY on ${cluster}: a snapshot of it would hang for ever, holding the table's lock.`,
      fix: `Lift it with \`alter '${table}', READONLY => 'false'\`; a fence of a finished run: \`temporal-hbase unfence\`.`,
      ...place,
    })),
    ...checkDurability({ table, source }, cluster),
    ...checkLayout({ table, source }, cluster),
  ];
}

function checkDurability({ table, source }: TableFacts, cluster: string): Finding[] {
  return [
    ...findingIf(source.durability === 'SKIP_WAL', () => ({
      code: 'table.skip-wal',
      level: 'error',
      table,
      cluster,
      message: `${table} writes without WAL (DURABILITY => SKIP_WAL): replication never sees these writes.`,
      fix: `Set \`alter '${table}', DURABILITY => 'USE_DEFAULT'\` for the time of the migration.`,
    })),
    ...findingIf(source.durability === 'ASYNC_WAL', () => ({
      code: 'table.async-wal',
      level: 'info',
      table,
      cluster,
      message: `${table} writes its WAL asynchronously: edits are replicated, but a crash can lose acknowledged ones.`,
      fix: 'Nothing to do; it is so without a migration too.',
    })),
  ];
}

/** hbase.md §9: 13. Both are copied with the descriptor, and neither was ever tried. */
function checkLayout({ table, source: { attributes } }: TableFacts, cluster: string): Finding[] {
  const replicas = Number(attributes['REGION_REPLICATION'] ?? 1);
  const tracker = attributes['hbase.store.file-tracker.impl'] ?? 'DEFAULT';
  return [
    ...findingIf(replicas > 1, () => ({
      code: 'table.region-replicas',
      level: 'warn',
      table,
      cluster,
      message: `${table} has ${replicas} replicas of each region: they are neither checked nor compared, and this was never run.`,
      fix: `Set \`alter '${table}', REGION_REPLICATION => 1\` for the time of the migration, and back on the target.`,
    })),
    ...findingIf(!/^DEFAULT$|\.DefaultStoreFileTracker$/i.test(tracker), () => ({
      code: 'table.file-tracker',
      level: 'warn',
      table,
      cluster,
      message: `${table} keeps track of its files by ${tracker}: a restore needs the same tracker on the target.`,
      fix: 'Leave the table out, or migrate it to DEFAULT first (`change_sft`).',
    })),
  ];
}

/** Hazard 30: the claim itself is taken later, atomically; this only tells early. */
function checkClaims({ source, target, tables }: PreflightFacts): Finding[] {
  const wanted = new Set(tables.map(({ table }) => table));
  return [source, target].flatMap(({ name, claims }) =>
    claims
      .filter(({ table }) => wanted.has(table))
      .map(({ table, workflowId, runId }) => ({
        code: 'run.claimed',
        level: 'error' as const,
        cluster: name,
        table,
        message: `${table} on ${name} is held by workflow ${workflowId} (run ${runId}).`,
        fix: `Follow that run, or clean it with \`temporal-hbase clean ${runId}\`.`,
      })),
  );
}
