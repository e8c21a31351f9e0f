import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { compareRow, toText, type Finding, type SeenVersion } from '../../../../sandbox/writer/compare-row.ts';
import { foldLedger, toCounter } from '../../../../sandbox/writer/expected-row.ts';
import type { LedgerOp, Outcome } from '../../../../sandbox/writer/ledger.ts';
import { HBaseRow } from './hbase-row.ts';

const VERSIONS = 3;
const NOW = 1_000_000;

describe('what the ledger expects', () => {
  test('put: must be there with its timestamp and value', () => {
    expect(kinds([put(1, 10)], [seen(10)])).toEqual([]);
    expect(kinds([put(1, 10)], [])).toEqual(['lost']);
    expect(kinds([put(1, 10)], [seen(11)])).toEqual(['unexpected', 'lost']);
    expect(kinds([put(1, 10)], [seen(10, 'other')])).toEqual(['unexpected', 'lost']);
  });

  test('put: a refused one must not be there', () => {
    expect(kinds([put(1, 5), put(2, 10, { outcome: 'REFUSED' })], [seen(5)])).toEqual([]);
    expect(kinds([put(1, 5), put(2, 10, { outcome: 'REFUSED' })], [seen(10), seen(5)])).toEqual(['unexpected']);
  });

  test('put: an ambiguous one may be there or not', () => {
    expect(kinds([put(1, 10, { outcome: 'AMBIGUOUS' })], [])).toEqual([]);
    expect(kinds([put(1, 10, { outcome: 'AMBIGUOUS' })], [seen(10)])).toEqual([]);
  });

  test('put: only the newest versions are expected, as many as the family keeps', () => {
    const puts = [put(1, 10), put(2, 20), put(3, 30), put(4, 40)];
    expect(kinds(puts, [seen(40), seen(30), seen(20)])).toEqual([]);
    expect(kinds(puts, [seen(40), seen(30)])).toEqual(['lost']);
  });

  test('put: an ambiguous version that is seen pushes out the oldest', () => {
    const puts = [put(1, 10), put(2, 20), put(3, 30), put(4, 40, { outcome: 'AMBIGUOUS' })];
    expect(kinds(puts, [seen(40), seen(30), seen(20)])).toEqual([]);
    expect(kinds(puts, [seen(30), seen(20), seen(10)])).toEqual([]);
    expect(kinds(puts, [seen(30), seen(20)])).toEqual(['lost']);
  });

  test('put: back-dated under an older marker, only a compaction decides', () => {
    const ops = [remove('DELETE_ROW', { sequence: 1, timestamp: 20 }), put(2, 10)];
    expect(kinds(ops, [])).toEqual([]);
    expect(kinds(ops, [seen(10)])).toEqual([]);
  });

  test('put: replaced by a later one with the same timestamp', () => {
    expect(kinds([put(1, 10, { value: 'x' }), put(2, 10, { value: 'y' })], [seen(10, 'y')])).toEqual([]);
    expect(kinds([put(1, 10, { value: 'x' }), put(2, 10, { value: 'y' })], [seen(10, 'x')])).toEqual([
      'resurrected',
      'lost',
    ]);
  });

  test.each(['DELETE_ROW', 'DELETE_COLUMN', 'DELETE_VERSION'] as const)('%s: hides what it covers for good', (kind) => {
    expect(kinds([put(1, 10), remove(kind, { sequence: 2, timestamp: 10 })], [])).toEqual([]);
    expect(kinds([put(1, 10), remove(kind, { sequence: 2, timestamp: 10 })], [seen(10)])).toEqual(['resurrected']);
  });

  test('DELETE_VERSION: leaves the other versions', () => {
    const ops = [put(1, 10), put(2, 20), remove('DELETE_VERSION', { sequence: 3, timestamp: 20 })];
    expect(kinds(ops, [seen(10)])).toEqual([]);
    expect(kinds(ops, [])).toEqual(['lost']);
  });

  test('DELETE_VERSION: versions beyond the limit may come to light', () => {
    const ops = [
      put(1, 10),
      put(2, 20),
      put(3, 30),
      put(4, 40),
      remove('DELETE_VERSION', { sequence: 5, timestamp: 40 }),
    ];
    expect(kinds(ops, [seen(30), seen(20), seen(10)])).toEqual([]);
    expect(kinds(ops, [seen(30), seen(20)])).toEqual([]);
    expect(kinds(ops, [seen(30)])).toEqual(['lost']);
  });

  test('DELETE_ROW: an ambiguous one proves nothing about what it covers', () => {
    const ops = [put(1, 10), remove('DELETE_ROW', { sequence: 2, timestamp: 20, outcome: 'AMBIGUOUS' }), put(3, 30)];
    expect(kinds(ops, [seen(30)])).toEqual([]);
    expect(kinds(ops, [seen(30), seen(10)])).toEqual([]);
    expect(kinds(ops, [seen(10)])).toEqual(['lost']);
  });

  test('DELETE_ROW: hides cells that the writer did not put, too', () => {
    const preloaded = { ...seen(10), qualifier: 'aa' };
    expect(kinds([remove('DELETE_ROW', { sequence: 1, timestamp: 20 })], [preloaded])).toEqual(['resurrected']);
    expect(kinds([remove('DELETE_ROW', { sequence: 1, timestamp: 5 })], [preloaded])).toEqual([]);
  });

  test('TTL: gone after it, there before it, and either around its end', () => {
    expect(kinds([putAgo(10)], [], 60)).toEqual(['lost']);
    expect(kinds([putAgo(60)], [], 60)).toEqual([]);
    expect(kinds([putAgo(60)], [seenAgo(60)], 60)).toEqual([]);
    expect(kinds([putAgo(120)], [], 60)).toEqual([]);
    expect(kinds([putAgo(120)], [seenAgo(120)], 60)).toEqual(['resurrected']);
  });

  test('server timestamps: the last acknowledged value must be the newest', () => {
    const ops = [serverPut(1, 'x'), serverPut(2, 'y')];
    expect(kinds(ops, [seen(20, 'y'), seen(10, 'x')])).toEqual([]);
    expect(kinds(ops, [seen(10, 'x')])).toEqual(['lost']);
  });

  test('server timestamps: an ambiguous value may be the newest, a deleted one must be gone', () => {
    expect(kinds([serverPut(1, 'x'), serverPut(2, 'y', 'AMBIGUOUS')], [seen(10, 'x')])).toEqual([]);
    expect(kinds([serverPut(1, 'x'), serverPut(2, 'y', 'AMBIGUOUS')], [seen(20, 'y')])).toEqual([]);
    expect(kinds([serverPut(1, 'x'), serverRemove(2)], [])).toEqual([]);
    expect(kinds([serverPut(1, 'x'), serverRemove(2)], [seen(1, 'x')])).toEqual(['resurrected']);
  });

  test('increments: their sum, and with ambiguous ones every sum that is possible', () => {
    const ops = [increment(1, 2), increment(2, 3, 'AMBIGUOUS'), increment(3, 4)];
    expect(kinds(ops, seenCounter(6n))).toEqual([]);
    expect(kinds(ops, seenCounter(9n))).toEqual([]);
    expect(kinds(ops, seenCounter(2n))).toEqual(['lost']);
    expect(kinds(ops, seenCounter(12n))).toEqual(['lost']);
    expect(kinds(ops, [])).toEqual(['lost']);
  });

  test('one cell with both kinds of timestamps is refused, because nothing could be decided', () => {
    expect(() => foldLedger([put(1, 10), serverPut(2, 'x')])).toThrow(/mixed/);
  });

  test('toText: shows bytes that are no text', () => {
    expect(toText('41ff00')).toBe(String.raw`A\xFF\x00`);
  });
});

/** Operations of one row, and for each whether it reached the server and whether a compaction followed. */
const histories = fc.array(
  fc.record({
    kind: fc.constantFrom('PUT', 'PUT', 'PUT', 'DELETE_ROW', 'DELETE_COLUMN', 'DELETE_VERSION' as const),
    qualifier: fc.constantFrom('q', 'r'),
    timestamp: fc.integer({ min: 1, max: 12 }),
    outcome: fc.constantFrom<Outcome>('ACK', 'ACK', 'ACK', 'REFUSED', 'AMBIGUOUS'),
    reached: fc.boolean(),
    compacted: fc.boolean(),
  }),
  { maxLength: 14 },
);

describe('against a model of HBase', () => {
  test('compareRow: whatever HBase does with a history is never called a loss', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const { ops, row } = play(steps);
        expect(kinds(ops, row.read())).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test('compareRow: a version that was acknowledged and never touched again is missed when it is gone', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (steps, choice) => {
        const { ops, row } = play(steps);
        const versions = row.read();
        const newest = put(ops.length + 1, 100 + (choice % 5));
        expect(kinds([...ops, newest], versions)).toContain('lost');
      }),
    );
  });

  test('compareRow: a version that an acknowledged delete covered last is found when it is back', () => {
    fc.assert(
      fc.property(histories, (steps) => {
        const { ops, row } = play(steps);
        const last = remove('DELETE_ROW', { sequence: ops.length + 1, timestamp: 50 });
        for (const version of row.read()) expect(kinds([...ops, last], [version])).toContain('resurrected');
      }),
    );
  });
});

type Step = typeof histories extends fc.Arbitrary<(infer S)[]> ? S : never;

function play(steps: Step[]): { ops: LedgerOp[]; row: HBaseRow } {
  const row = new HBaseRow(VERSIONS);
  const ops = steps.map((step, index) => {
    const qualifier = hex(step.qualifier);
    const cell = { family: 'a', qualifier, timestamp: step.timestamp, value: hex(`v${index}`) };
    const op = makeOp(index + 1, step.kind, { outcome: step.outcome, cell });
    if (step.outcome === 'ACK' || (step.outcome === 'AMBIGUOUS' && step.reached)) row.apply(op);
    if (step.compacted) row.compact();
    return op;
  });
  return { ops, row };
}

function kinds(ops: LedgerOp[], versions: SeenVersion[], ttlSeconds = 0): Finding['kind'][] {
  const families = new Map([['a', { table: 't', family: 'a', versions: VERSIONS, ttlSeconds }]]);
  const options = { families, readMs: NOW, ttlToleranceMs: 5000 };
  return foldLedger(ops).flatMap((history) => compareRow(history, versions, options).map(({ kind }) => kind));
}

function put(
  sequence: number,
  timestamp: number,
  { outcome = 'ACK', value = 'v' }: { outcome?: Outcome; value?: string } = {},
): LedgerOp {
  return makeOp(sequence, 'PUT', { outcome, cell: { family: 'a', qualifier: hex('q'), timestamp, value: hex(value) } });
}

function putAgo(seconds: number): LedgerOp {
  return put(1, NOW - seconds * 1000);
}

function remove(
  kind: 'DELETE_ROW' | 'DELETE_COLUMN' | 'DELETE_VERSION',
  { sequence, timestamp, outcome = 'ACK' }: { sequence: number; timestamp: number; outcome?: Outcome },
): LedgerOp {
  const place = kind === 'DELETE_ROW' ? { family: '', qualifier: '' } : { family: 'a', qualifier: hex('q') };
  return makeOp(sequence, kind, { outcome, cell: { ...place, timestamp, value: '' } });
}

function serverPut(sequence: number, value: string, outcome: Outcome = 'ACK'): LedgerOp {
  return makeOp(sequence, 'PUT', { outcome, cell: { family: 'a', qualifier: hex('q'), value: hex(value) } });
}

function serverRemove(sequence: number): LedgerOp {
  return makeOp(sequence, 'DELETE_ROW', { outcome: 'ACK', cell: { family: '', qualifier: '', value: '' } });
}

function increment(sequence: number, delta: number, outcome: Outcome = 'ACK'): LedgerOp {
  const cell = { family: 'a', qualifier: hex('q'), value: hex(String(delta)) };
  return makeOp(sequence, 'INCREMENT', { outcome, cell });
}

function makeOp(
  sequence: number,
  kind: LedgerOp['kind'],
  { outcome, cell }: { outcome: Outcome; cell: LedgerOp['cells'][number] },
): LedgerOp {
  const times = { triedMs: sequence * 10, endedMs: sequence * 10 + 5 };
  return { sequence, cluster: 'old', table: 't', row: hex('r'), kind, cells: [cell], ...times, outcome, note: '' };
}

function seen(timestamp: number, value = 'v'): SeenVersion {
  return { family: 'a', qualifier: hex('q'), timestamp, value: hex(value) };
}

function seenAgo(seconds: number): SeenVersion {
  return seen(NOW - seconds * 1000);
}

function seenCounter(value: bigint): SeenVersion[] {
  return [{ ...seen(9), value: toCounter(value) }];
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
