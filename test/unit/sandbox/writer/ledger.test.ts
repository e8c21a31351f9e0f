import { describe, expect, test } from 'vitest';

import { parseLedger } from '../../../../sandbox/writer/ledger.ts';
import { listRefusalPeriods, listWritePauses } from '../../../../sandbox/writer/write-pauses.ts';
import { formatLine } from './ledger-lines.ts';

describe('parseLedger', () => {
  test('parseLedger: a put of two cells becomes one operation with its outcome', () => {
    const lines = [
      formatLine({ sequence: 1, state: 'TRY', family: 'a' }),
      formatLine({ sequence: 1, state: 'TRY', family: 'b' }),
      formatLine({ sequence: 1, state: 'ACK', family: 'a', timeMs: 7 }),
      formatLine({ sequence: 1, state: 'ACK', family: 'b', timeMs: 7 }),
    ];
    const { ops } = parseLedger(lines.join(''));
    expect(ops).toMatchObject([{ sequence: 1, outcome: 'ACK', endedMs: 7, cells: [{ family: 'a' }, { family: 'b' }] }]);
  });

  test('parseLedger: an operation without an answer is ambiguous', () => {
    expect(parseLedger(formatLine({ sequence: 1, state: 'TRY' })).ops).toMatchObject([{ outcome: 'AMBIGUOUS' }]);
  });

  test('parseLedger: the half line of a killed writer is left out', () => {
    const text = formatLine({ sequence: 1, state: 'TRY' }) + formatLine({ sequence: 1, state: 'ACK' }).slice(0, 20);
    expect(parseLedger(text).ops).toMatchObject([{ outcome: 'AMBIGUOUS' }]);
  });

  test('parseLedger: a timestamp of the server is absent', () => {
    const [op] = parseLedger(formatLine({ sequence: 1, state: 'TRY', timestamp: '-' })).ops;
    expect(op?.cells[0]).not.toHaveProperty('timestamp');
  });

  test('parseLedger: families come with their limits', () => {
    expect(parseLedger('#family\tt\ta\t5\t60\n').families).toEqual([
      { table: 't', family: 'a', versions: 5, ttlSeconds: 60 },
    ]);
  });

  test.each([
    '1\t2\tTRY\n',
    formatLine({ sequence: 1, state: 'TRY', kind: 'DROP' }),
    formatLine({ sequence: 1, state: 'ACK' }),
  ])('parseLedger: damage is an error, not a smaller ledger (%j)', (text) =>
    expect(() => parseLedger(text)).toThrow(/cannot be read/),
  );
});

describe('listWritePauses', () => {
  test('listWritePauses: from the last answer of the one to the first answer of the other', () => {
    const text = [
      ...formatOp({ sequence: 1, cluster: 'old', timeMs: 100 }),
      ...formatOp({ sequence: 2, cluster: 'old', timeMs: 200 }),
      ...formatOp({ sequence: 3, cluster: 'new', timeMs: 250, state: 'REFUSED' }),
      ...formatOp({ sequence: 4, cluster: 'new', timeMs: 900 }),
    ].join('');
    expect(listWritePauses(parseLedger(text))).toEqual([
      { table: 't', from: 'old', to: 'new', lastMs: 200, firstMs: 900, pauseMs: 700 },
    ]);
  });

  test('listWritePauses: a writer that stayed has none', () => {
    const text = [1, 2].flatMap((sequence) => formatOp({ sequence, cluster: 'old', timeMs: sequence })).join('');
    expect(listWritePauses(parseLedger(text))).toEqual([]);
  });
});

describe('listRefusalPeriods', () => {
  test('listRefusalPeriods: lasts until the next acknowledged write and names each reason once', () => {
    const text = [
      ...formatOp({ sequence: 1, timeMs: 100 }),
      ...formatOp({ sequence: 2, timeMs: 200, state: 'REFUSED', note: 'IOException: read only' }),
      ...formatOp({ sequence: 3, timeMs: 300, state: 'REFUSED', note: 'IOException: read only' }),
      ...formatOp({ sequence: 4, timeMs: 400 }),
    ].join('');
    expect(listRefusalPeriods(parseLedger(text))).toEqual([
      { table: 't', cluster: 'old', fromMs: 200, untilMs: 400, count: 2, messages: ['IOException: read only'] },
    ]);
  });

  test('listRefusalPeriods: one that lasts has no end, and what is in flight is no refusal', () => {
    const text = [
      ...formatOp({ sequence: 1, timeMs: 100, state: 'AMBIGUOUS', note: 'x' }),
      formatLine({ sequence: 2, state: 'TRY', timeMs: 200 }),
    ].join('');
    expect(listRefusalPeriods(parseLedger(text))).toEqual([
      { table: 't', cluster: 'old', fromMs: 100, count: 1, messages: ['x'] },
    ]);
  });
});

function formatOp(op: { sequence: number; cluster?: string; timeMs: number; state?: string; note?: string }): string[] {
  return [formatLine({ ...op, state: 'TRY' }), formatLine({ ...op, state: op.state ?? 'ACK' })];
}
