import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameRestored } from '../../../../../activities/steps/backup/name-restored.ts';
import type { RestoreRequest } from '../../../../../workflows/contract/backup/requests.ts';
import { TABLE_NAME } from '../../../../../workflows/contract/names.ts';
import { buildTable } from '../../../backup/build-backup.ts';

const ID = '20260101T000000Z-run';
const name = (backedUp: string[], request: Partial<Pick<RestoreRequest, 'tables' | 'as'>> = {}) => {
  const tables = backedUp.map((table) => buildTable({ table, snapshot: `thb_${table}`, files: 1 }));
  const { tables: named, problems } = nameRestored({ id: ID, tables }, { tables: [], as: {}, ...request });
  return { names: named.map(({ backedUp: { table }, as }) => [table, as]), problems: problems.map((p) => p.message) };
};

describe('nameRestored', () => {
  test('all tables by their own names, when nothing else is asked for', () => {
    expect(name(['shop:a', 'b']).names).toEqual([
      ['shop:a', 'shop:a'],
      ['b', 'b'],
    ]);
  });

  test('a pattern, another namespace and a suffix', () => {
    const request = { tables: ['shop:*'], as: { namespace: 'lab', suffix: '_1' } };
    expect(name(['shop:a', 'b'], request).names).toEqual([['shop:a', 'lab:a_1']]);
    expect(name(['shop:a'], { as: { namespace: 'default' } }).names).toEqual([['shop:a', 'a']]);
  });

  test('a name that the backup has not is told with the nearest one', () => {
    expect(name(['shop:orders'], { tables: ['shop:order'] }).problems).toEqual([
      expect.stringContaining('did you mean "shop:orders"?'),
    ]);
  });

  test('two tables that would become one, and a name that is too long, are told together', () => {
    const long = `x:${'t'.repeat(250)}`;
    const { problems } = name(['a:t', 'b:t', long], { as: { namespace: 'c', suffix: '_suffix' } });
    expect(problems).toEqual([expect.stringContaining('no name'), expect.stringContaining('a:t and b:t')]);
  });

  test('without a problem every name is legal, and no two are equal', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_]{1,12}$/);
    const table = fc.tuple(part, part).map(([namespace, qualifier]) => `${namespace}:${qualifier}`);
    const as = fc.record({ namespace: part, suffix: part }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.uniqueArray(table, { minLength: 1, maxLength: 6 }), as, (tables, renamed) => {
        const { names, problems } = name(tables, { as: renamed });
        if (problems.length > 0) return;
        const news = names.map(([, to]) => to ?? '');
        expect(new Set(news).size).toBe(news.length);
        for (const to of news) expect(to).toMatch(TABLE_NAME);
      }),
    );
  });
});
