import type { BackedUpTable } from '../../../workflows/contract/backup/record.ts';
import type { TableDescription } from '../../hbase/cluster.ts';

/** What a catalogue keeps of a table's descriptor. */
export function toRecordedSchema({
  families,
  attributes,
  schemaDigest,
}: Pick<TableDescription, 'families' | 'attributes' | 'schemaDigest'>): Pick<
  BackedUpTable,
  'families' | 'attributes' | 'schemaDigest'
> {
  return {
    families: families.map(({ name, maxVersions, ttlSeconds, compression, dataBlockEncoding, attributes: own }) => ({
      name,
      maxVersions,
      ttlSeconds,
      compression,
      dataBlockEncoding,
      attributes: own,
    })),
    attributes,
    schemaDigest,
  };
}
