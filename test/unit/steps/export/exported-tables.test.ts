import { describe, expect, it } from 'vitest';
import { describeWarnings, type WarningFacts } from '../../../../activities/steps/export/describe-warnings.ts';
import { findUncarried, recreateTable } from '../../../../activities/steps/export/recreate-table.ts';
import { readRecords } from '../../../../activities/steps/export/transfer-job.ts';
import { tableFileOf } from '../../catalogue/export-fixture.ts';

const FOREVER = 2_147_483_647;
const FACTS: WarningFacts = {
  kind: 'base',
  fromMs: 0,
  versions: 1,
  families: [],
  raw: false,
  tables: [{ table: 'shop:a', families: [{ name: 'd', maxVersions: 1, ttlSeconds: FOREVER }] }],
  bulkLoaded: [],
};
const codes = (changes: Partial<WarningFacts>): string[] =>
  describeWarnings({ ...FACTS, ...changes }).map(({ code, table = '' }) => `${code} ${table}`.trim());

describe('describeWarnings', () => {
  it('a base without raw, TTL and more versions: carries everything', () => {
    expect(codes({})).toEqual([]);
  });

  it('an increment says what is older than its range, and its deletes unless raw', () => {
    const increment = { kind: 'increment', fromMs: 5 } as const;
    expect(codes(increment)).toEqual(['export.back-dated', 'export.deletes', 'export.bulk-loads']);
    expect(codes({ ...increment, raw: true, bulkLoaded: ['shop:a'] })).toEqual([
      'export.back-dated',
      'export.bulk-loads',
      'export.bulk-loads shop:a',
      'export.purged-deletes',
    ]);
  });

  it('TTL and versions of the families that are exported, and of no others', () => {
    const families = [
      { name: 'd', maxVersions: 3, ttlSeconds: FOREVER },
      { name: 'e', maxVersions: 1, ttlSeconds: 60 },
    ];
    const tables = [{ table: 'shop:a', families }];
    expect(codes({ tables })).toEqual(['export.ttl shop:a', 'export.versions shop:a']);
    expect(codes({ tables, families: ['d'], versions: 3 })).toEqual([]);
  });
});

describe('recreateTable', () => {
  const exported = tableFileOf({
    attributes: {
      READONLY: 'true',
      SPLIT_POLICY: 'x',
      coprocessor$1: '|org.example.Observer|1|',
      thb_stale: 'run1',
      'hbase.hstore.time.to.purge.deletes': '5',
    },
    families: [
      {
        name: 'd',
        maxVersions: 3,
        ttlSeconds: 60,
        compression: 'GZ',
        dataBlockEncoding: 'NONE',
        attributes: { COMPRESSION: 'GZ', REPLICATION_SCOPE: '1', ENCRYPTION_KEY: 'k' },
      },
    ],
  });

  it('keeps splits, families and settings; not what belongs to one cluster or moment', () => {
    expect(recreateTable(exported)).toEqual({
      families: [{ name: 'd', maxVersions: 3, ttlSeconds: 60, attributes: { COMPRESSION: 'GZ' } }],
      attributes: { SPLIT_POLICY: 'x', 'hbase.hstore.time.to.purge.deletes': '5' },
      splitKeys: ['80'],
    });
  });

  it('says what somebody may miss', () => {
    expect(findUncarried(exported)).toEqual(['coprocessor$1', 'REPLICATION_SCOPE of d']);
  });
});

describe('readRecords', () => {
  it('a counter that is not printed is 0, a job without counters is unknown', () => {
    expect(readRecords({ counters: { 'Map input records': 7 } }, 'input')).toBe(7);
    expect(readRecords({ counters: { 'Map input records': 7 } }, 'output')).toBe(0);
    expect(readRecords({ counters: {} }, 'input')).toBeUndefined();
  });
});
