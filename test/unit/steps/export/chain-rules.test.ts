import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRange, findReasonsForBase, followChain } from '../../../../activities/steps/export/chain-rules.ts';
import type { ExportChain, ExportRecord } from '../../../../workflows/contract/backup/export.ts';
import { after, recordOf } from '../../catalogue/export-fixture.ts';

const BASE = recordOf(1);
const SECOND = after(BASE);
const THIRD = after(SECOND);
const NEW_BASE = recordOf(4);
const FIFTH = after(NEW_BASE);

const chainOf = (exports: ExportRecord[], damaged: number[] = []): ExportChain => ({
  chain: 'shop',
  exports,
  damaged: damaged.map((number) => ({ path: `…/records/00000${number}.json`, why: 'torn' })),
});
const numbers = (chain: ExportChain, upTo?: string) => {
  const followed = followChain(chain, upTo);
  return 'broken' in followed ? followed.broken : followed.exports.map(({ number }) => number);
};

describe('followChain', () => {
  const whole = chainOf([BASE, SECOND, THIRD, NEW_BASE, FIFTH]);

  it('goes back to the base that leads to the newest export, or to the one asked for', () => {
    expect(numbers(whole)).toEqual([4, 5]);
    expect(numbers(whole, THIRD.id)).toEqual([1, 2, 3]);
    expect(numbers(whole, BASE.id)).toEqual([1]);
  });

  it('damage before the base is in nobody’s way; damage between, or after, is named', () => {
    expect(numbers(chainOf([BASE, THIRD, NEW_BASE, FIFTH], [2]))).toEqual([4, 5]);
    expect(numbers(chainOf([BASE, THIRD, NEW_BASE, FIFTH], [2]), THIRD.id)).toContain('000002.json is damaged');
    expect(numbers(chainOf([BASE, SECOND], [3]))).toContain('000003.json is damaged');
    expect(numbers(chainOf([BASE, SECOND], [3]), SECOND.id)).toEqual([1, 2]);
    expect(numbers(chainOf([BASE, THIRD]))).toContain('number 2 is gone');
    expect(numbers(chainOf([]))).toContain('no export');
  });

  it('another record in the place of the one before: is no chain', () => {
    expect(numbers(chainOf([recordOf(1, { rows: 7 }), SECOND]))).toContain('another number 1');
    expect(numbers(chainOf([recordOf(1), after(BASE, { fromMs: 50 })]))).toContain('another number 1');
  });
});

describe('findReasonsForBase', () => {
  const same = { last: BASE, request: BASE, tables: ['shop:a'], breaks: [] };

  it('nothing when everything is as it was', () => {
    expect(findReasonsForBase(same)).toEqual([]);
  });

  it('every difference at once', () => {
    const reasons = findReasonsForBase({
      last: { ...BASE, tables: ['shop:a', 'shop:b'].map((table) => ({ ...BASE.tables[0]!, table })) },
      request: { versions: 3, families: ['d'], raw: true },
      tables: ['shop:a', 'shop:c'],
      breaks: [
        { table: 'shop:a', why: 'every region is another one' },
        { table: 'shop:b', why: 'the table is not there any more' },
      ],
    });
    expect(reasons).toEqual([
      'versions were 1, and are 3',
      'families were all, and are d',
      'raw was false, and is true',
      'shop:c is not in the chain',
      'shop:b is in the chain, and not asked for',
      'shop:a: every region is another one',
    ]);
  });
});

describe('decideRange', () => {
  const last = { toMs: 10_000, digest: 'd' };

  it('a base is whole, an increment begins where the last one ended, and the slowest clock ends it', () => {
    const clocksMs = [30_000, 20_000, 25_000];
    expect(decideRange({ last: undefined, request: {}, clocksMs })).toEqual({
      range: { kind: 'base', fromMs: 0, toMs: 18_000 },
    });
    expect(decideRange({ last, request: { toMs: 15_000 }, clocksMs })).toEqual({
      range: { kind: 'increment', continues: 'd', fromMs: 10_000, toMs: 15_000 },
    });
  });

  it('an end in the future or before the last one is refused; nothing new yet is waited for', () => {
    const clocksMs = [12_001];
    expect(decideRange({ last, request: { toMs: 10_002 }, clocksMs })).toHaveProperty('problem');
    expect(decideRange({ last, request: { toMs: 10_000 }, clocksMs })).toHaveProperty('problem');
    expect(decideRange({ last, request: {}, clocksMs: [12_000] })).toHaveProperty('early');
    expect(decideRange({ last, request: {}, clocksMs })).toHaveProperty('range');
  });

  const runs = fc.record({
    skewsMs: fc.array(fc.integer({ min: -20_000, max: 20_000 }), { minLength: 1, maxLength: 4 }),
    steps: fc.array(
      fc.oneof(
        fc.record({ advanceMs: fc.integer({ min: 1, max: 9_000 }) }),
        fc.record({ write: fc.nat(3), takesMs: fc.integer({ min: 0, max: 1_999 }) }),
        fc.record({ exports: fc.constant(true) }),
      ),
      { minLength: 5, maxLength: 60 },
    ),
  });

  /** A write is stamped by its server's clock, and can be seen a little later. */
  it('every write that is stamped by a server is in exactly one range, which was read when it could be seen', () => {
    fc.assert(
      fc.property(runs, ({ skewsMs, steps }) => {
        let nowMs = 1_000_000;
        const writes: { stampMs: number; seenMs: number }[] = [];
        const ranges: { fromMs: number; toMs: number; atMs: number; digest: string }[] = [];
        const doExport = (): void => {
          const clocksMs = skewsMs.map((skew) => nowMs + skew);
          const decided = decideRange({ last: ranges.at(-1), request: {}, clocksMs });
          if ('range' in decided) ranges.push({ ...decided.range, atMs: nowMs, digest: String(ranges.length) });
        };
        for (const step of steps) {
          if ('advanceMs' in step) nowMs += step.advanceMs;
          else if ('write' in step) {
            const stampMs = nowMs + skewsMs[step.write % skewsMs.length]!;
            writes.push({ stampMs, seenMs: nowMs + step.takesMs });
          } else doExport();
        }
        nowMs += 100_000;
        doExport();
        for (const { stampMs, seenMs } of writes) {
          const holding = ranges.filter(({ fromMs, toMs }) => stampMs >= fromMs && stampMs < toMs);
          expect(holding).toHaveLength(1);
          expect(holding[0]?.atMs).toBeGreaterThanOrEqual(seenMs);
        }
      }),
    );
  });
});
