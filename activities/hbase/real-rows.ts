import { BULK_LIMIT_MS, type Ask, type Change } from './ask.ts';
import type { HBaseCluster } from './cluster.ts';
import { replies } from './replies.ts';

type RowVerbs = Pick<
  HBaseCluster,
  'hasRows' | 'putRow' | 'readRow' | 'putSentinels' | 'digestRange' | 'digestRows' | 'listTouchedRows'
>;

export function createRowVerbs(ask: Ask, change: Change): RowVerbs {
  const limitMs = BULK_LIMIT_MS;
  return {
    hasRows: (table) => ask(replies.flag, 'hasRows', { args: { table }, table, limitMs }),
    putRow: (table, put) => change('putRow', { args: { table, ...put }, table }),
    readRow: (table, row) => ask(replies.row, 'readRow', { args: { table, row }, table }),
    putSentinels: (table, value) =>
      ask(replies.texts, 'putSentinels', { args: { table, value }, table, isChange: true }),
    digestRange: (range) =>
      ask(replies.rangeDigest, 'digestRange', { args: { ...range }, table: range.table, limitMs }),
    digestRows: (request) =>
      ask(replies.rowDigests, 'digestRows', { args: { ...request }, table: request.table, limitMs }),
    listTouchedRows: (request) =>
      ask(replies.touchedRows, 'listTouchedRows', { args: { ...request }, table: request.table, limitMs }),
  };
}
