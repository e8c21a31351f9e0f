import { splitTableName } from '../../../../workflows/contract/names.ts';
import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { FamilyDescription } from '../../../hbase/cluster.ts';
import { findingIf, type PreflightFacts, type TableFacts } from './facts.ts';

/** hbase.md §9: 10, 11, 13. What stands on the target already is never overwritten. */
export function checkTarget(facts: PreflightFacts): Finding[] {
  const cluster = facts.target.name;
  return [...checkNamespaces(facts), ...facts.tables.flatMap((table) => checkExisting(table, cluster))];
}

function checkNamespaces({ tables, target }: PreflightFacts): Finding[] {
  const wanted = new Set(tables.map(({ table }) => splitTableName(table).namespace));
  const missing = [...wanted].filter((namespace) => !target.namespaces.includes(namespace));
  return missing.map((namespace) => ({
    code: 'namespace.created',
    level: 'info',
    cluster: target.name,
    message: `Namespace ${namespace} does not exist on ${target.name} and will be created.`,
    fix: 'Nothing to do; create it yourself if it needs properties or quotas.',
  }));
}

function checkExisting({ table, source, target }: TableFacts, cluster: string): Finding[] {
  if (!target) return [];
  const place = { table, cluster };
  if (target.hasRows) {
    return [
      {
        code: 'target.has-data',
        level: 'error',
        message: `${table} exists on ${cluster} and has rows; it is never overwritten.`,
        fix: 'Drop or rename it there, or choose another target.',
        ...place,
      },
    ];
  }
  const differences = findDifferences(source.families, target.families);
  return differences.length > 0
    ? [
        {
          code: 'target.schema-differs',
          level: 'error',
          message: `${table} exists empty on ${cluster} with another schema: ${differences.join('; ')}.`,
          fix: "Drop it there: it is made anew with the source's schema.",
          ...place,
        },
      ]
    : findingIf(true, () => ({
        code: 'target.empty-table',
        level: 'info',
        message: `${table} exists empty on ${cluster}; the copy is restored into it.`,
        fix: 'Nothing to do.',
        ...place,
      }));
}

const COMPARED = [
  'maxVersions',
  'minVersions',
  'ttlSeconds',
  'keepDeletedCells',
  'compression',
  'dataBlockEncoding',
  'bloomFilter',
  'mob',
] as const satisfies (keyof FamilyDescription)[];

/** In words, source first. The restore would replace these without a trace. */
export function findDifferences(source: FamilyDescription[], target: FamilyDescription[]): string[] {
  const onTarget = new Map(target.map((family) => [family.name, family]));
  const known = new Set(source.map(({ name }) => name));
  const extra = target.filter(({ name }) => !known.has(name)).map(({ name }) => `family ${name} only on the target`);
  return [...source.flatMap((family) => compareFamily(family, onTarget.get(family.name))), ...extra];
}

function compareFamily(source: FamilyDescription, target: FamilyDescription | undefined): string[] {
  if (!target) return [`family ${source.name} only on the source`];
  return COMPARED.filter((key) => source[key] !== target[key]).map(
    (key) => `${source.name}.${key} is ${String(source[key])} and ${String(target[key])}`,
  );
}
