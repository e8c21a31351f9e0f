import type { ExportedTableFile } from '../../../workflows/contract/backup/export.ts';
import { OWN_PREFIX } from '../../../workflows/contract/names.ts';
import type { CreateTableSpec } from '../../hbase/cluster.ts';

type Schema = Pick<ExportedTableFile, 'families' | 'attributes' | 'regions'>;

/** Of one cluster and time, or a switch that somebody has set for the moment. */
const TABLE_LEFT_OUT = /^(READONLY|COMPACTION_ENABLED|IS_META|IS_ROOT|hbase\.store\.file-tracker\.impl)$/;
/** A class that the other cluster lacks would keep its regions from opening. */
const COPROCESSOR = /^coprocessor\$\d+$/i;
/** Scope: what is imported is not shipped on by itself. The key is wrapped by the other cluster's master key. */
const FAMILY_LEFT_OUT = /^(REPLICATION_SCOPE|ENCRYPTION_KEY)$/;

/** The table as it was when it was exported, with its splits; empty, writable and without scope. Pure. */
export function recreateTable({ families, attributes, regions }: Schema): Omit<CreateTableSpec, 'table'> {
  return {
    families: families.map(({ name, maxVersions, ttlSeconds, attributes: own }) => ({
      name,
      maxVersions,
      ttlSeconds,
      attributes: pick(own, (key) => !FAMILY_LEFT_OUT.test(key)),
    })),
    attributes: pick(attributes, (key) => !TABLE_LEFT_OUT.test(key) && !isOthers(key)),
    splitKeys: regions.map(({ startKey }) => startKey).filter((key) => key !== ''),
  };
}

/** Names of what a person may miss in the new table. */
export function findUncarried({ attributes, families }: Pick<Schema, 'attributes' | 'families'>): string[] {
  const scoped = families.filter(({ attributes: own }) => Number(own['REPLICATION_SCOPE'] ?? 0) > 0);
  return [
    ...Object.keys(attributes).filter((key) => COPROCESSOR.test(key)),
    ...scoped.map(({ name }) => `REPLICATION_SCOPE of ${name}`),
  ];
}

function isOthers(key: string): boolean {
  return COPROCESSOR.test(key) || key.startsWith(OWN_PREFIX);
}

function pick(all: Record<string, string>, isWanted: (key: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => isWanted(key)));
}
