import { createHash } from 'node:crypto';
import type { FamilyDescription, TableDescription } from './cluster.ts';

/**
 * What a line stores though nobody set it. 1.x writes nearly all of these into every descriptor, 2.x few, so a stored
 * default and an absent attribute are the same schema.
 */
const FAMILY_DEFAULTS: Record<string, string> = {
  BLOCKCACHE: 'true',
  BLOCKSIZE: '65536',
  CACHE_BLOOMS_ON_WRITE: 'false',
  CACHE_DATA_IN_L1: 'false',
  CACHE_DATA_ON_WRITE: 'false',
  CACHE_INDEX_ON_WRITE: 'false',
  COMPRESS_TAGS: 'true',
  COMPRESSION_COMPACT: 'NONE',
  DFS_REPLICATION: '0',
  ENCODE_ON_DISK: 'true',
  EVICT_BLOCKS_ON_CLOSE: 'false',
  INDEX_BLOCK_ENCODING: 'NONE',
  IN_MEMORY: 'false',
  IN_MEMORY_COMPACTION: 'NONE',
  IS_MOB: 'false',
  NEW_VERSION_BEHAVIOR: 'false',
  PREFETCH_BLOCKS_ON_OPEN: 'false',
};

const TABLE_DEFAULTS: Record<string, string> = {
  DURABILITY: 'USE_DEFAULT',
  IS_META: 'false',
  IS_ROOT: 'false',
  MERGE_ENABLED: 'true',
  NORMALIZATION_ENABLED: 'false',
  PRIORITY: '0',
  REGION_MEMSTORE_REPLICATION: 'true',
  REGION_REPLICATION: '1',
  SPLIT_ENABLED: 'true',
};

/** Told by typed fields, or meant to differ: scope, READONLY, compaction switches, what a master adds by itself. */
const FAMILY_IGNORED = new Set([
  'BLOOMFILTER',
  'COMPRESSION',
  'DATA_BLOCK_ENCODING',
  'ENCRYPTION',
  'ENCRYPTION_KEY',
  'KEEP_DELETED_CELLS',
  'MIN_VERSIONS',
  'REPLICATION_SCOPE',
  'TTL',
  'VERSIONS',
]);
const TABLE_IGNORED = new Set([
  'COMPACTION_ENABLED',
  'DURABILITY',
  'READONLY',
  'hbase.hstore.time.to.purge.deletes',
  'hbase.store.file-tracker.impl',
]);
const COPROCESSOR = /^coprocessor\$\d+$/i;

type Schema = Pick<TableDescription, 'durability' | 'coprocessors' | 'attributes' | 'families'>;

/** sha-256 over the parts of a description that must be equal on both sides; see `TableDescription.schemaDigest`. */
export function getSchemaDigest(table: Schema): string {
  const schema = {
    durability: table.durability,
    coprocessors: table.coprocessors.toSorted(),
    attributes: getMeaningful(table.attributes, { defaults: TABLE_DEFAULTS, ignored: TABLE_IGNORED }),
    families: table.families.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(toFamilySchema),
  };
  return createHash('sha256').update(JSON.stringify(schema)).digest('hex');
}

function toFamilySchema(family: FamilyDescription): Record<string, unknown> {
  return {
    name: family.name,
    maxVersions: family.maxVersions,
    minVersions: family.minVersions,
    ttlSeconds: family.ttlSeconds,
    keepDeletedCells: family.keepDeletedCells.toUpperCase(),
    compression: family.compression.toUpperCase(),
    dataBlockEncoding: family.dataBlockEncoding.toUpperCase(),
    bloomFilter: family.bloomFilter.toUpperCase(),
    mob: family.mob,
    encryption: family.encryption ?? null,
    attributes: getMeaningful(family.attributes, { defaults: FAMILY_DEFAULTS, ignored: FAMILY_IGNORED }),
  };
}

function getMeaningful(
  attributes: Record<string, string>,
  { defaults, ignored }: { defaults: Record<string, string>; ignored: Set<string> },
): [string, string][] {
  return Object.entries(attributes)
    .filter(([key, value]) => !ignored.has(key) && !COPROCESSOR.test(key) && !isDefault(defaults[key], value))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function isDefault(normal: string | undefined, value: string): boolean {
  return normal?.toLowerCase() === value.toLowerCase();
}
