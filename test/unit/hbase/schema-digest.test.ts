import { describe, expect, test } from 'vitest';
import type { FamilyDescription, TableDescription } from '../../../activities/hbase/cluster.ts';
import { getSchemaDigest } from '../../../activities/hbase/schema-digest.ts';

const FAMILY: FamilyDescription = {
  name: 'a',
  scope: 0,
  maxVersions: 3,
  minVersions: 0,
  ttlSeconds: 2_147_483_647,
  keepDeletedCells: 'FALSE',
  compression: 'none',
  dataBlockEncoding: 'NONE',
  bloomFilter: 'ROW',
  mob: false,
  attributes: { VERSIONS: '3', REPLICATION_SCOPE: '0', BLOCKSIZE: '65536', BLOCKCACHE: 'true' },
};

const TABLE: Omit<TableDescription, 'schemaDigest'> = {
  table: 'shop:orders',
  enabled: true,
  readOnly: false,
  durability: 'USE_DEFAULT',
  families: [FAMILY],
  coprocessors: [],
  regions: 4,
  sizeBytes: 10,
  attributes: { IS_META: 'false' },
};

function digestWith(table: Partial<TableDescription>, family: Partial<FamilyDescription> = {}): string {
  return getSchemaDigest({ ...TABLE, families: [{ ...FAMILY, ...family }], ...table });
}

describe('getSchemaDigest', () => {
  test('scope, READONLY, compaction switches, region count and size do not change it', () => {
    const attributes = {
      READONLY: 'true',
      COMPACTION_ENABLED: 'false',
      'hbase.hstore.time.to.purge.deletes': '3600000',
      'hbase.store.file-tracker.impl': 'DEFAULT',
    };
    const same = digestWith({ attributes, readOnly: true, regions: 9, sizeBytes: 0, table: 'x' }, { scope: 1 });
    expect(same).toBe(digestWith({}));
  });

  test('a default that one line stores and the other does not is the same schema', () => {
    const stored = { CACHE_DATA_ON_WRITE: 'false', IN_MEMORY: 'FALSE', BLOCKSIZE: '65536', TTL: '2147483647' };
    expect(digestWith({ attributes: { SPLIT_ENABLED: 'true' } }, { attributes: stored, compression: 'NONE' })).toBe(
      digestWith({ attributes: {} }, { attributes: {} }),
    );
  });

  test.each<[string, Partial<TableDescription>, Partial<FamilyDescription>]>([
    ['versions', {}, { maxVersions: 1 }],
    ['TTL', {}, { ttlSeconds: 60 }],
    ['compression', {}, { compression: 'SNAPPY' }],
    ['block size', {}, { attributes: { BLOCKSIZE: '4096' } }],
    ['MOB', {}, { mob: true }],
    ['a table setting', { attributes: { MAX_FILESIZE: '1000' } }, {}],
    ['durability', { durability: 'SKIP_WAL' }, {}],
    ['a coprocessor', { coprocessors: ['org.example.Observer'] }, {}],
  ])('%s changes it', (_what, table, family) => {
    expect(digestWith(table, family)).not.toBe(digestWith({}));
  });

  test('the order of families does not change it', () => {
    const other = { ...FAMILY, name: 'b' };
    expect(digestWith({ families: [FAMILY, other] })).toBe(digestWith({ families: [other, FAMILY] }));
  });
});
