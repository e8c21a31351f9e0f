import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mintMarkerSplitKeys,
  mintRetryNames,
  mintRunNames,
  mintSnapshotName,
} from '../../../../../activities/steps/plan/mint-names.ts';
import { resolveTables } from '../../../../../activities/steps/plan/resolve-tables.ts';
import { PEER_ID, SNAPSHOT_NAME, TABLE_NAME } from '../../../../../workflows/contract/names.ts';

const word = fc.stringMatching(/^[A-Za-z0-9_]{1,250}$/);
const tableName = fc.tuple(word, word).map(([namespace, qualifier]) => `${namespace}:${qualifier}`);

describe('minted names', () => {
  it('a snapshot name: is legal and at most 180 long for any table', () => {
    fc.assert(
      fc.property(tableName, (table) => {
        const name = mintSnapshotName('abc123', { table });
        expect(name).toMatch(SNAPSHOT_NAME);
        expect(name.length).toBeLessThanOrEqual(180);
      }),
    );
  });

  it('snapshot names: differ for tables whose names read alike', () => {
    expect(mintSnapshotName('r1', { table: 'a_b:c' })).not.toBe(mintSnapshotName('r1', { table: 'a:b_c' }));
  });

  it('a peer id: is legal, and a retry has its own', () => {
    const { peerId, markerTable } = mintRunNames('abc123');
    const retry = mintRetryNames('abc123', { table: 'shop:orders', attempt: 2 });
    expect(peerId).toMatch(PEER_ID);
    expect(retry.peerId).toMatch(PEER_ID);
    expect(markerTable).toMatch(TABLE_NAME);
    expect(
      new Set([peerId, retry.peerId, mintRetryNames('abc123', { table: 'shop:orders', attempt: 3 }).peerId]).size,
    ).toBe(3);
    expect(retry.snapshot).not.toBe(mintSnapshotName('abc123', { table: 'shop:orders' }));
  });

  it('marker split keys: are as many as servers, in order and without repetition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (servers) => {
        const keys = mintMarkerSplitKeys(servers);
        expect(keys).toHaveLength(servers);
        expect(new Set(keys).size).toBe(servers);
        expect(keys).toEqual(keys.toSorted());
        expect(keys.every((key) => /^[0-9a-f]{4}$/.test(key))).toBe(true);
      }),
    );
  });
});

describe('resolveTables', () => {
  const existing = ['shop:orders', 'shop:carts', 'plain', 'hbase:meta', 'thb_old1_marker'];
  const resolve = (...patterns: string[]) => resolveTables(patterns, { existing, cluster: 'old' });

  it('a pattern: matches inside its namespace only', () => {
    expect(resolve('shop:*')).toEqual({ tables: ['shop:carts', 'shop:orders'], problems: [] });
    expect(resolve('*').tables).toEqual(['plain']);
  });

  it('a pattern that matches nothing: is a problem', () => {
    expect(resolve('stock:*').problems).toEqual([{ field: 'tables.0', message: '"stock:*" matches no table on old' }]);
  });

  it('a table that does not exist: is a problem with the nearest name', () => {
    expect(resolve('shop:order').problems[0]?.message).toBe(
      '"shop:order" does not exist on old; did you mean "shop:orders"?',
    );
  });

  it('*:*: is every namespace, the one without a name too', () => {
    expect(resolve('*:*').tables).toEqual(['plain', 'shop:carts', 'shop:orders']);
    expect(resolve('de*:*').tables).toEqual(['plain']);
  });

  it('a "!": leaves out what its pattern names, wherever it stands, also when that is nothing', () => {
    expect(resolve('*:*', '!shop:c*')).toEqual({ tables: ['plain', 'shop:orders'], problems: [] });
    expect(resolve('!shop:*', '*:*')).toEqual({ tables: ['plain'], problems: [] });
    expect(resolve('shop:*', '!shop:dropped')).toEqual({ tables: ['shop:carts', 'shop:orders'], problems: [] });
  });

  it('a "!" that leaves nothing: is a problem', () => {
    expect(resolve('shop:*', '!shop:*')).toEqual({
      tables: [],
      problems: [{ field: 'tables', message: 'nothing is left on old of what is named' }],
    });
  });

  it('a table that two entries name, but a third leaves out: is none', () => {
    expect(resolve('shop:*', 'shop:orders', '!shop:orders')).toEqual({ tables: ['shop:carts'], problems: [] });
  });

  it('a table named by two entries: is a problem', () => {
    expect(resolve('shop:*', 'shop:orders').problems).toEqual([
      { field: 'tables.1', message: '"shop:orders" and "shop:*" both name shop:orders' },
    ]);
  });
});
