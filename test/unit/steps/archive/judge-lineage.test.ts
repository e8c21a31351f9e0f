import { describe, expect, it } from 'vitest';
import { countUnlogged, findBreaks } from '../../../../activities/steps/archive/judge-lineage.ts';
import type { TableLineage } from '../../../../workflows/contract/backup/archive.ts';

const WAS: TableLineage = {
  table: 'shop:a',
  families: ['d'],
  descriptor: 'x',
  descriptorFile: '.tableinfo.0000000001@5',
  regions: ['r1', 'r2'],
};

const kindsOf = (before: TableLineage[], now: TableLineage[]) =>
  findBreaks({ before, now, fromMs: 1, toMs: 2 }).map(({ kind }) => kind);

describe('findBreaks', () => {
  it.each<[string, Partial<TableLineage>, string[]]>([
    ['nothing', {}, []],
    ['a split of every region', { regions: ['r3', 'r4', 'r5'] }, []],
    ['a truncate', { regions: ['r3'], descriptorFile: '.tableinfo.0000000001@9' }, ['re-created']],
    ['an alter', { descriptor: 'y', descriptorFile: '.tableinfo.0000000002@9' }, []],
    [
      'another family',
      { descriptor: 'y', families: ['d', 'e'], descriptorFile: '.tableinfo.0000000002@9' },
      ['altered'],
    ],
    ['a restored snapshot', { descriptorFile: '.tableinfo.0000000002@9' }, ['restored']],
  ])('%s', (_, changes, kinds) => {
    expect(kindsOf([WAS], [{ ...WAS, ...changes }])).toEqual(kinds);
  });

  it('where the file of the descriptor cannot be seen, all new regions count as made again', () => {
    const { descriptorFile: _unseen, ...blind } = WAS;
    expect(kindsOf([blind], [{ ...blind, regions: ['r3'] }])).toEqual(['re-created']);
    expect(kindsOf([blind], [{ ...blind, regions: ['r1', 'r3'] }])).toEqual([]);
  });

  it('tables that come and go', () => {
    expect(kindsOf([WAS], [{ ...WAS, table: 'shop:b' }])).toEqual(['dropped', 'created']);
  });
});

describe('countUnlogged', () => {
  it('counts from the tick before, a new server from nothing, and one that went not at all', () => {
    const before = [
      { server: 'a', mutations: 5 },
      { server: 'gone', mutations: 9 },
    ];
    const now = [
      { server: 'a', mutations: 7 },
      { server: 'new', mutations: 2 },
    ];
    expect(countUnlogged({ before, now })).toEqual({ grown: 4, blind: [] });
  });

  it('a server that could not be read is told, and is no baseline', () => {
    const unread = { server: 'a', why: 'refused' };
    expect(countUnlogged({ before: [{ server: 'a', mutations: 5 }], now: [unread] })).toEqual({
      grown: 0,
      blind: ['writes without WAL on a (refused)'],
    });
    expect(countUnlogged({ before: [{ server: 'a' }], now: [{ server: 'a', mutations: 9 }] }).grown).toBe(0);
  });
});
