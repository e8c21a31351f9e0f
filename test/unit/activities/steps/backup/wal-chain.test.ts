import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChainFacts,
  findIntervals,
  findNeededBases,
  findReaches,
  findSpans,
  isExpired,
  judgeInstant,
} from '../../../../../activities/steps/backup/wal-chain.ts';
import type { NamedTick } from '../../../../../activities/catalogue/wal-archive.ts';
import type { ArchiveTick, ChainBreak } from '../../../../../workflows/contract/backup/archive.ts';
import type { BackupState } from '../../../../../workflows/contract/backup/record.ts';
import { tickOf, writtenWal } from '../../../catalogue/archive-fixture.ts';
import { filesOf, stateOf, tableOf, toId } from '../../../catalogue/catalogue-fixture.ts';

const TABLE = 'shop:a';

/** Of clock skew 10, so that it reaches from `startMs` − 10 to `endMs` + 10. */
function baseOf(number: number, [startMs, endMs]: [number, number], state: Partial<BackupState> = {}): BackupState {
  const tables = [tableOf(filesOf(toId(number), TABLE))];
  return stateOf(toId(number), { set: 'shop', startMs, endMs, skewMs: 10, tables, state });
}

/** Ticks that each go on from the one before, at these times; the first begins at the first time. */
function ticksAt(times: readonly number[], changes: Record<number, Partial<ArchiveTick>> = {}): NamedTick[] {
  return times.map((to, index) => {
    const from = times[Math.max(0, index - 1)] ?? to;
    const before = index === 0 ? {} : { continues: `t${index - 1}` };
    return { name: `t${index}`, tick: tickOf({ coveredFromMs: from, coveredToMs: to, ...before, ...changes[index] }) };
  });
}

function factsOf(changes: Partial<ChainFacts> = {}): ChainFacts {
  return {
    clusterId: 'c-1',
    ticks: ticksAt([100, 200, 300, 400]),
    wals: [writtenWal('w1', { firstMs: 90, lastMs: 250 }), writtenWal('w2', { firstMs: 251, lastMs: 390 })],
    backups: [baseOf(1, [120, 150])],
    horizonMs: 0,
    ...changes,
  };
}

const breakAt = (fromMs: number, toMs: number, kind: ChainBreak['kind'] = 're-created'): ChainBreak => ({
  table: TABLE,
  kind,
  fromMs,
  toMs,
  why: 'because',
});

const ends = (facts: ChainFacts) => findIntervals(facts, TABLE).map(({ fromMs, toMs }) => [fromMs, toMs]);

describe('findSpans', () => {
  it('ticks that go on from each other are one span', () => {
    expect(findSpans(factsOf()).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([[100, 400]]);
  });

  it.each<[string, Partial<ChainFacts>, string]>([
    ['a tick that begins anew', { ticks: anew() }, 'holder was removed'],
    ['a tick that is missing', { ticks: ticksAt([100, 200, 300, 400]).filter(({ name }) => name !== 't2') }, 't2 is missing'],
    [
      'a WAL that is not in the index',
      { ticks: ticksAt([100, 200, 300, 400], { 2: { archived: [{ server: 's', name: 'gone', startedMs: 210 }] } }) },
      'gone',
    ],
  ])('%s ends a span, and says why', (_, changes, why) => {
    const [first, second] = findSpans(factsOf(changes));
    expect(first?.toMs).toBe(200);
    expect(first?.endsBy).toContain(why);
    expect(second?.fromMs).toBeGreaterThanOrEqual(300);
    expect(second?.toMs).toBe(400);
  });

  it('what has expired is no gap, and nothing before the horizon is covered', () => {
    const archived = [{ server: 's', name: 'expired', startedMs: 110, lastMs: 190 }];
    const facts = factsOf({ ticks: ticksAt([100, 200, 300, 400], { 1: { archived } }).slice(1), horizonMs: 195 });
    expect(findSpans(facts).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([[195, 400]]);
  });
});

function anew(): NamedTick[] {
  const ticks = ticksAt([100, 200, 300, 400]);
  const { continues: _none, ...tick } = ticks[2]!.tick;
  return ticks.with(2, { name: 't2', tick: { ...tick, coveredFromMs: 300, gap: ['the holder was removed'] } });
}

describe('findIntervals', () => {
  it('begins when nothing in the base is later, and ends with what is archived', () => {
    expect(findIntervals(factsOf(), TABLE)).toEqual([
      { fromMs: 160, toMs: 400, bases: [toId(1)], endsBy: expect.stringContaining('archived up to') },
    ]);
  });

  it.each<[string, Partial<ChainFacts>, number[][]]>([
    ['a base that began before the WALs', { backups: [baseOf(1, [105, 150])] }, []],
    ['a base of another cluster', { clusterId: 'c-2' }, []],
    ['a damaged base', { backups: [baseOf(1, [120, 150], { damaged: ['f'] })] }, []],
    ['a base that is going', { backups: [baseOf(1, [120, 150], { expiringSince: 'x' })] }, []],
    ['a base that a drill found different', { backups: [baseOf(1, [120, 150], { lastDrill: { result: 'different' } as never })] }, []],
    ['a gap', { ticks: anew() }, [[160, 200]]],
    ['a gap, and a base after it', { ticks: anew(), backups: [baseOf(1, [120, 150]), baseOf(2, [320, 330])] }, [[160, 200], [340, 400]]],
    ['a break', { ticks: ticksAt([100, 200, 300, 400], { 2: { breaks: [breakAt(210, 290)] } }) }, [[160, 209]]],
    ['a break of another table', { ticks: ticksAt([100, 200, 300, 400], { 2: { breaks: [{ ...breakAt(210, 290), table: 'shop:b' }] } }) }, [[160, 400]]],
    ['a break before the base', { ticks: ticksAt([100, 200, 300, 400], { 1: { breaks: [breakAt(100, 109)] } }) }, [[160, 400]]],
    ['a break within the base', { ticks: ticksAt([100, 200, 300, 400], { 1: { breaks: [breakAt(130, 140)] } }) }, []],
    ['a bulk load', { wals: [writtenWal('w1', { firstMs: 210, lastMs: 220, bulkLoadFiles: 2 })] }, [[160, 209]]],
    ['two bases of one chain', { backups: [baseOf(1, [120, 150]), baseOf(2, [220, 230])] }, [[160, 400]]],
  ])('%s', (_, changes, expected) => {
    expect(ends(factsOf(changes))).toEqual(expected);
  });
});

describe('judgeInstant', () => {
  it('takes the newest base, and the WALs from its start on', () => {
    const facts = factsOf({ backups: [baseOf(1, [120, 150]), baseOf(2, [262, 270])] });
    const answer = judgeInstant(facts, { tables: [TABLE], toMs: 300 });
    expect(answer).toMatchObject({ base: { record: { id: toId(2) } }, fromMs: 252, wals: [{ name: 'w2' }] });
    const older = judgeInstant(facts, { tables: [TABLE], toMs: 279 });
    expect(older).toMatchObject({ base: { record: { id: toId(1) } }, fromMs: 110, wals: [{ name: 'w1' }, { name: 'w2' }] });
  });

  it.each([
    [100, 'no sound backup that ended before'],
    [401, 'archived up to'],
  ])('at %i: says why not, with what can be had', (toMs, why) => {
    const answer = judgeInstant(factsOf(), { tables: [TABLE], toMs });
    expect(answer).toMatchObject({ refused: expect.stringContaining(why), choices: [{ intervals: [{ fromMs: 160 }] }] });
  });

  it('one base for all tables', () => {
    const other = stateOf(toId(2), { set: 'shop', startMs: 210, endMs: 220, skewMs: 10, tables: [tableOf(filesOf(toId(2), 'shop:b'))] });
    const facts = factsOf({ backups: [baseOf(1, [120, 150]), other] });
    expect(judgeInstant(facts, { tables: [TABLE, 'shop:b'], toMs: 300 })).toMatchObject({
      refused: expect.stringContaining('no one backup'),
    });
  });
});

describe('findNeededBases', () => {
  it('the newest base before the window, and no older one', () => {
    const backups = [baseOf(1, [120, 150]), baseOf(2, [220, 230]), baseOf(3, [320, 330])];
    const needed = findNeededBases(factsOf({ backups }), { tables: [TABLE], windowFromMs: 300 });
    expect([[...needed.bases], needed.walsFromMs]).toEqual([[toId(2)], 210]);
  });

  it('one for each stretch of the window', () => {
    const backups = [baseOf(1, [120, 150]), baseOf(2, [320, 330])];
    const needed = findNeededBases(factsOf({ backups, ticks: anew() }), { tables: [TABLE], windowFromMs: 170 });
    expect([...needed.bases]).toEqual([toId(1), toId(2)]);
  });
});

/** Chains of up to nine ticks with gaps, missing ticks and breaks, and a few bases. */
const chains = fc
  .record({
    steps: fc.array(fc.record({ ms: fc.integer({ min: 1, max: 50 }), gap: fc.boolean() }), { minLength: 1, maxLength: 9 }),
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
  const covered = ticks.filter((_, index) => index !== dropped).map(({ tick }) => [tick.coveredFromMs, tick.coveredToMs]);
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
