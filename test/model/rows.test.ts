import { describe, expect, it } from 'vitest';
import { createRowStore, type Cell } from './rows.ts';

const rules = new Map([
  ['d', { maxVersions: 2, ttlSeconds: 2_147_483_647 }],
  ['t', { maxVersions: 1, ttlSeconds: 10 }],
]);
const view = { rules, nowMs: 100_000 };
const cell = (part: Partial<Cell>): Cell => ({
  row: '01',
  family: 'd',
  qualifier: '61',
  timestampMs: 1,
  type: 'put',
  value: 'aa',
  sequence: 0,
  ...part,
});
const values = (store: ReturnType<typeof createRowStore>): string[] => store.read('01', view).map(({ value }) => value);

describe('row store', () => {
  it('shows the newest versions, newest first, up to the limit of the family', () => {
    const store = createRowStore([1, 2, 3].map((timestampMs) => cell({ timestampMs, value: `0${timestampMs}` })));
    expect(values(store)).toEqual(['03', '02']);
  });

  it('a point delete hides one version only, and the one below shows', () => {
    const store = createRowStore([cell({ timestampMs: 1, value: '01' }), cell({ timestampMs: 2, value: '02' })]);
    store.add(cell({ timestampMs: 2, type: 'delete' }));
    expect(values(store)).toEqual(['01']);
  });

  it('a marker hides an older put that arrives after it, until a compaction purges the marker', () => {
    const store = createRowStore([cell({ timestampMs: 5, type: 'delete-column' })]);
    store.add(cell({ timestampMs: 4, value: '04' }));
    expect(values(store)).toEqual([]);
    const purged = createRowStore([cell({ timestampMs: 5, type: 'delete-column' })]);
    purged.compact({ ...view, holdMs: 0 });
    purged.add(cell({ timestampMs: 4, value: '04' }));
    expect(values(purged)).toEqual(['04']);
  });

  it('a purge hold keeps young markers through a compaction, and lets back-dated ones go', () => {
    const store = createRowStore([
      cell({ timestampMs: 99_000, type: 'delete-family', qualifier: '' }),
      cell({ timestampMs: 5, type: 'delete-column', qualifier: '62' }),
    ]);
    store.compact({ ...view, holdMs: 60_000 });
    expect(store.cellsOf('01').map(({ type }) => type)).toEqual(['delete-family']);
  });

  it('a family marker hides all columns of its family and none of another', () => {
    const store = createRowStore([
      cell({ timestampMs: 95_000 }),
      cell({ timestampMs: 95_000, family: 't', value: 'bb' }),
      cell({ timestampMs: 96_000, type: 'delete-family', qualifier: '' }),
    ]);
    expect(values(store)).toEqual(['bb']);
  });

  it('a cell past its time to live is not read', () => {
    const store = createRowStore([cell({ family: 't', timestampMs: 80_000 })]);
    expect(values(store)).toEqual([]);
  });

  it('of two puts at one place the later arrival is read', () => {
    const store = createRowStore([cell({ value: '01' }), cell({ value: '02' })]);
    expect(values(store)).toEqual(['02']);
  });
});
