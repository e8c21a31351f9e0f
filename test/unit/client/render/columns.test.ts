import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatColumns } from '../../../../client/render/columns.ts';

test('formatColumns: cells of a column begin at one place, and no line ends in blanks', () => {
  expect(formatColumns([['a', 'bb', 'c'], ['long', '', 'd'], ['x']])).toEqual(['a     bb  c', 'long      d', 'x']);
});

test('formatColumns: every cell can be found at the start of its column', () => {
  const cell = fc.stringMatching(/^[a-z]{1,9}$/);
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (rows) => {
      const lines = formatColumns(rows);
      const starts = [0, 1, 2].map((at) =>
        [0, 1]
          .slice(0, at)
          .reduce((sum, index) => sum + Math.max(...rows.map((row) => row[index]?.length ?? 0)) + 2, 0),
      );
      for (const [index, row] of rows.entries())
        for (const [at, text] of row.entries()) expect(lines[index]?.startsWith(text, starts[at])).toBe(true);
    }),
  );
});
