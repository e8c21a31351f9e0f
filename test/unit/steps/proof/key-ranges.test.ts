import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextKey, toKeyRanges } from '../../../../activities/steps/proof/key-ranges.ts';

const region = (startKey: string, endKey: string) => ({ startKey, endKey });

describe('toKeyRanges', () => {
  it('regions: one range each, open at both ends', () => {
    expect(toKeyRanges([region('', '40'), region('40', '80'), region('80', '')])).toEqual([
      { startRow: '', stopRow: '40' },
      { startRow: '40', stopRow: '80' },
      { startRow: '80', stopRow: '' },
    ]);
  });

  it('a listing with a hole: the hole is covered all the same', () => {
    expect(toKeyRanges([region('', '40'), region('80', '')])).toEqual([
      { startRow: '', stopRow: '40' },
      { startRow: '40', stopRow: '80' },
      { startRow: '80', stopRow: '' },
    ]);
  });

  it('no region at all: the whole key space', () => {
    expect(toKeyRanges([])).toEqual([{ startRow: '', stopRow: '' }]);
  });

  it('property: every key is in exactly one range', () => {
    const hex = fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString('hex'));
    fc.assert(
      fc.property(fc.array(fc.tuple(hex, hex)), hex, (pairs, key) => {
        const ranges = toKeyRanges(pairs.map(([startKey, endKey]) => region(startKey, endKey)));
        const holding = ranges.filter(({ startRow, stopRow }) => startRow <= key && (stopRow === '' || key < stopRow));
        expect(holding).toHaveLength(1);
      }),
    );
  });

  it('nextKey: nothing fits between a row and it', () => {
    expect(nextKey('ff')).toBe('ff00');
  });
});
