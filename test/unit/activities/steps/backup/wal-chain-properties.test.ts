import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NamedTick } from '../../../../../activities/catalogue/wal-archive.ts';
import {
  findIntervals,
  findNeededBases,
  findReaches,
  findSpans,
  isExpired,
  judgeInstant,
} from '../../../../../activities/steps/backup/wal-chain.ts';
import { tickOf, writtenWal } from '../../../catalogue/archive-fixture.ts';
import { baseOf, breakAt, factsOf, TABLE } from './wal-chain-fixture.ts';

/** Chains of up to nine ticks with gaps, missing ticks and breaks, and a few bases. */
const chains = fc
  .record({
    steps: fc.array(fc.record({ ms: fc.integer({ min: 1, max: 50 }), gap: fc.boolean() }), {
      minLength: 1,
      maxLength: 9,
    }),
    dropped: fc.option(fc.integer({ min: 0, max: 8 })),
    breaks: fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 30 })), { maxLength: 2 }),
    bases: fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 40 })), { maxLength: 4 }),
    wals: fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 60 })), { maxLength: 12 }),
    windowFromMs: fc.integer({ min: 0, max: 450 }),
  })
  .map(({ steps, dropped, breaks, bases, wals, windowFromMs }) => {
    let at = 50;
    const ticks = steps.map(({ ms, gap }, index): NamedTick => {
      const from = at;
      at += ms;
      const begins = gap || index === 0;
      const changes = begins ? { coveredFromMs: at } : { coveredFromMs: from, continues: `t${index - 1}` };
      const seen = index === steps.length - 1 ? breaks.map(([start, length]) => breakAt(start, start + length)) : [];
      return { name: `t${index}`, tick: tickOf({ ...changes, coveredToMs: at, breaks: seen }) };
    });
    const facts = factsOf({
      ticks: ticks.filter((_, index) => index !== dropped),
      backups: bases.map(([start, length], index) => baseOf(index + 1, [start, start + length])),
      wals: wals.map(([first, length], index) => writtenWal(`w${index}`, { firstMs: first, lastMs: first + length })),
    });
    return { facts, windowFromMs, gaps: toGaps(ticks, dropped) };
  });

/** Stretches that no tick which is there covers. */
function toGaps(ticks: readonly NamedTick[], dropped: number | null): [number, number][] {
  const covered = ticks
    .filter((_, index) => index !== dropped)
    .map(({ tick }) => [tick.coveredFromMs, tick.coveredToMs]);
  const all = covered.flat().toSorted((a, b) => a - b);
  return all.slice(1).flatMap((to, index): [number, number][] => {
    const from = all[index] ?? 0;
    const isCovered = covered.some(([a = 0, b = 0]) => a <= from && to <= b);
    return from < to && !isCovered ? [[from, to]] : [];
  });
}

describe('every chain', () => {
  it('an instant that is allowed has a base before it, no gap and no break in between, and all its WALs', () => {
    fc.assert(
      fc.property(chains, fc.integer({ min: 0, max: 500 }), ({ facts, gaps }, toMs) => {
        const answer = judgeInstant(facts, { tables: [TABLE], toMs });
        if ('refused' in answer) return;
        const { record } = answer.base;
        const fromMs = record.startMs - record.skewMs;
        expect(record.endMs + record.skewMs).toBeLessThanOrEqual(toMs);
        expect(gaps.filter(([a, b]) => a < toMs && b > fromMs)).toEqual([]);
        const breaks = facts.ticks.flatMap(({ tick }) => tick.breaks);
        expect(breaks.filter((one) => one.fromMs <= toMs && one.toMs >= fromMs)).toEqual([]);
        const missing = facts.wals.filter(
          (wal) => (wal.firstMs ?? 0) <= toMs && (wal.lastMs ?? 0) >= fromMs && !answer.wals.includes(wal),
        );
        expect(missing).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('an instant is in an interval exactly when it is allowed', () => {
    fc.assert(
      fc.property(chains, fc.integer({ min: 0, max: 500 }), ({ facts }, toMs) => {
        const allowed = !('refused' in judgeInstant(facts, { tables: [TABLE], toMs }));
        const inside = findIntervals(facts, TABLE).some((one) => one.fromMs <= toMs && toMs <= one.toMs);
        expect(inside).toBe(allowed);
      }),
      { numRuns: 2_000 },
    );
  });

  it('what expires takes no instant of the window', () => {
    fc.assert(
      fc.property(chains, ({ facts, windowFromMs }) => {
        const { bases, walsFromMs } = findNeededBases(facts, { tables: [TABLE], windowFromMs });
        const after = {
          ...facts,
          backups: facts.backups.filter(({ record }) => bases.has(record.id)),
          wals: facts.wals.filter((wal) => !isExpired(wal, walsFromMs)),
          horizonMs: walsFromMs,
        };
        for (let toMs = windowFromMs; toMs <= 500; toMs += 7) {
          const before = judgeInstant(facts, { tables: [TABLE], toMs });
          if ('refused' in before) continue;
          const kept = judgeInstant(after, { tables: [TABLE], toMs });
          if ('refused' in kept) throw new Error(`lost ${toMs}: ${kept.refused}`);
          const fromMs = kept.base.record.startMs - kept.base.record.skewMs;
          const needed = facts.wals.filter((wal) => (wal.firstMs ?? 0) <= toMs && (wal.lastMs ?? 0) >= fromMs);
          expect(kept.wals.map(({ name }) => name)).toEqual(needed.map(({ name }) => name));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('reaches are within what is covered', () => {
    fc.assert(
      fc.property(chains, ({ facts }) => {
        for (const { fromMs, toMs, walsFromMs } of findReaches(facts, TABLE)) {
          expect(walsFromMs).toBeLessThanOrEqual(fromMs);
          const span = findSpans(facts).find((one) => one.fromMs <= walsFromMs && toMs <= one.toMs);
          expect(span).toBeDefined();
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
