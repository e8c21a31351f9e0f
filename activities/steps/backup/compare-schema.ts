import type { BackedUpTable } from '../../../workflows/contract/backup/record.ts';
import type { SnapshotDescription } from '../../hbase/backup-verbs.ts';

type Attributes = Record<string, string>;

/**
 * What an imported manifest has otherwise than the record. Other lines add attributes to what they read, with their own
 * defaults (2.6 `INDEX_BLOCK_ENCODING`): where the digests differ, only what was recorded has to be there. Pure.
 */
export function compareSchema(recorded: BackedUpTable, imported: SnapshotDescription | undefined): string[] {
  if (!imported) return ['its manifest is gone'];
  if (imported.schemaDigest === recorded.schemaDigest) return [];
  const families = new Map(imported.families.map((family) => [family.name, family.attributes]));
  const extra = imported.families.filter(({ name }) => !recorded.families.some((family) => family.name === name));
  return [
    ...compareAttributes('the table', recorded.attributes, imported.attributes),
    ...extra.map(({ name }) => `family ${name} was not recorded`),
    ...recorded.families.flatMap(({ name, attributes }) => {
      const found = families.get(name);
      return found ? compareAttributes(`family ${name}`, attributes, found) : [`family ${name} is missing`];
    }),
  ];
}

function compareAttributes(what: string, recorded: Attributes, found: Attributes): string[] {
  return Object.entries(recorded)
    .filter(([key, value]) => found[key]?.toLowerCase() !== value.toLowerCase())
    .map(([key, value]) => `${what} has ${key} ${found[key] ?? 'not set'} instead of ${value}`);
}
