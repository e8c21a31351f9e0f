import { expect, test } from 'vitest';
import { compareSeenRows, parseDeletedRows } from '../../../../sandbox/writer/delete-rows.ts';
import { parseSeenRows } from '../../../../sandbox/writer/read-rows.ts';

const cell = (value: string) => `cell\t61\t71\t5\t${value}\n`;
const ROWS = `row\torders\t3030\t9\n${cell('01')}${cell('02')}row\torders\t3031\t9\n${cell('03')}`;

test('parseDeletedRows: what was there, and when it went', () => {
  const { rows, ...rest } = parseDeletedRows('orders', `${ROWS}deleted\t10\t12\nend\n`);
  expect(rest).toEqual({ table: 'orders', firstMs: 10, lastMs: 12 });
  expect([...rows.keys()]).toEqual(['orders\t3030', 'orders\t3031']);
});

test('parseDeletedRows: what broke off proves nothing', () => {
  expect(() => parseDeletedRows('orders', `${ROWS}deleted\t10\t12\n`)).toThrow('broke off');
  expect(() => parseDeletedRows('orders', `${ROWS}end\n`)).toThrow('not known when');
});

test.each([
  ['the same', ROWS, { lostRows: 0, mismatchedCells: 0 }],
  ['a row is not there', `row\torders\t3030\t9\n${cell('01')}${cell('02')}`, { lostRows: 1, mismatchedCells: 0 }],
  ['a row has no cell', ROWS.replace(cell('03'), ''), { lostRows: 1, mismatchedCells: 0 }],
  ['a version less', ROWS.replace(cell('02'), ''), { lostRows: 0, mismatchedCells: 1 }],
  ['another value', ROWS.replace(cell('03'), cell('04')), { lostRows: 0, mismatchedCells: 2 }],
  ['a version more', `${ROWS}${cell('04')}`, { lostRows: 0, mismatchedCells: 1 }],
])('compareSeenRows: %s', (_what, now, expected) => {
  expect(compareSeenRows(parseSeenRows(`${ROWS}end\n`), parseSeenRows(`${now}end\n`))).toEqual(expected);
});
