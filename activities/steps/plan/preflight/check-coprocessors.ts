import type { Finding } from '../../../../workflows/contract/plan.ts';
import { findingIf, type PreflightFacts, type TableFacts } from './facts.ts';
import { isBefore } from './versions.ts';

const OF_HBASE = 'org.apache.hadoop.hbase.';
const OF_PHOENIX = 'org.apache.phoenix.';

/**
 * hbase.md §9: 16, 17, 18. A class that the target does not have aborts one region server after another, and only masters
 * from 2.2 on refuse such a table (hbase.md §3.2).
 */
export function checkCoprocessors(facts: PreflightFacts): Finding[] {
  return [...facts.tables.flatMap((table) => checkTable(table, facts)), ...checkPhoenix(facts)];
}

function checkTable({ table, source }: TableFacts, { target }: PreflightFacts): Finding[] {
  const policy = source.attributes['SPLIT_POLICY'] ?? '';
  const unknown = source.coprocessors.filter((name) => !name.startsWith(OF_HBASE) && !name.startsWith(OF_PHOENIX));
  const phoenix = source.coprocessors.some((name) => name.startsWith(OF_PHOENIX));
  const place = { table, cluster: target.name };
  return [
    ...findingIf(unknown.length > 0, () => ({
      code: 'table.coprocessor',
      level: isBefore(target.facts.version, '2.2.0') ? 'error' : 'warn',
      message: `${table} loads ${unknown.join(', ')}: without these classes the region servers of ${target.name} cannot open it.`,
      fix: `Install the classes on every server of ${target.name}, or remove the coprocessor on the source first.`,
      ...place,
    })),
    ...findingIf(policy !== '' && !policy.startsWith(OF_HBASE), () => ({
      code: 'table.split-policy',
      level: 'warn',
      message: `${table} splits by ${policy}: without this class the region servers of ${target.name} cannot open it.`,
      fix: `Install the class on every server of ${target.name}, or take SPLIT_POLICY off the table first.`,
      ...place,
    })),
    ...findingIf(phoenix, () => ({
      code: 'table.phoenix',
      level: 'error',
      message: `${table} is a Phoenix table: its rows mean nothing without Phoenix's own catalogue.`,
      fix: 'Migrate Phoenix tables by Phoenix; this product moves plain HBase tables.',
      ...place,
    })),
  ];
}

function checkPhoenix({ source }: PreflightFacts): Finding[] {
  const present = source.tableNames.some((name) => /^SYSTEM[.:]CATALOG$/.test(name));
  return findingIf(present, () => ({
    code: 'cluster.phoenix',
    level: 'info',
    cluster: source.name,
    message: `${source.name} runs Phoenix; none of its tables is part of this migration unless said so here.`,
    fix: 'Nothing to do.',
  }));
}
