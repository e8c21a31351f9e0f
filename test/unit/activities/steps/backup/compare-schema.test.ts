import { expect, test } from 'vitest';
import { compareSchema } from '../../../../../activities/steps/backup/compare-schema.ts';
import type { SnapshotDescription } from '../../../../../activities/hbase/backup-verbs.ts';
import type { BackedUpTable } from '../../../../../workflows/contract/backup/record.ts';
import { buildTable } from '../../../backup/build-backup.ts';

const family = (attributes: Record<string, string>) => ({ name: 'd', attributes }) as BackedUpTable['families'][number];
const recorded: BackedUpTable = {
  ...buildTable({ table: 'shop:a', snapshot: 's', files: 1 }),
  families: [family({ BLOOMFILTER: 'ROW' })],
  attributes: { MAX_FILESIZE: '1' },
  schemaDigest: 'recorded',
};
const imported = (change: object) =>
  ({
    schemaDigest: 'other',
    attributes: recorded.attributes,
    families: recorded.families,
    ...change,
  }) as unknown as SnapshotDescription;

test('compareSchema: an equal digest is equal, whatever else is said', () => {
  expect(compareSchema(recorded, imported({ schemaDigest: 'recorded', families: [] }))).toEqual([]);
});

test('compareSchema: what another line adds by itself is no difference', () => {
  const families = [family({ BLOOMFILTER: 'row', INDEX_BLOCK_ENCODING: 'NONE' })];
  expect(compareSchema(recorded, imported({ families, attributes: { MAX_FILESIZE: '1', NEW: 'x' } }))).toEqual([]);
});

test('compareSchema: what was recorded and is otherwise now is told in words', () => {
  expect(compareSchema(recorded, imported({ attributes: {} }))).toEqual([
    'the table has MAX_FILESIZE not set instead of 1',
  ]);
  expect(compareSchema(recorded, imported({ families: [family({ BLOOMFILTER: 'NONE' })] }))).toEqual([
    'family d has BLOOMFILTER NONE instead of ROW',
  ]);
  expect(compareSchema(recorded, imported({ families: [{ name: 'x', attributes: {} }] }))).toEqual([
    'family x was not recorded',
    'family d is missing',
  ]);
  expect(compareSchema(recorded, undefined)).toEqual(['its manifest is gone']);
});
