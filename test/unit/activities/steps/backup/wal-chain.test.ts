import { describe, expect, it } from 'vitest';
import {
  type ChainFacts,
  findIntervals,
  findNeededBases,
  findSpans,
  judgeInstant,
} from '../../../../../activities/steps/backup/wal-chain.ts';
import type { NamedTick } from '../../../../../activities/catalogue/wal-archive.ts';
import { writtenWal } from '../../../catalogue/archive-fixture.ts';
import { baseOf, breakAt, factsOf, TABLE, ticksAt } from './wal-chain-fixture.ts';
import { filesOf, stateOf, tableOf, toId } from '../../../catalogue/catalogue-fixture.ts';

const ends = (facts: ChainFacts) => findIntervals(facts, TABLE).map(({ fromMs, toMs }) => [fromMs, toMs]);

describe('findSpans', () => {
  it('ticks that go on from each other are one span', () => {
    expect(findSpans(factsOf()).map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([[100, 400]]);
  });

  it.each<[string, Partial<ChainFacts>, string]>([
    ['a tick that begins anew', { ticks: anew() }, 'holder was removed'],
    [
      'a tick that is missing',
      { ticks: ticksAt([100, 200, 300, 400]).filter(({ name }) => name !== 't2') },
      't2 is missing',
    ],
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
    [
      'a base that a drill found different',
      { backups: [baseOf(1, [120, 150], { lastDrill: { result: 'different' } as never })] },
      [],
    ],
    ['a gap', { ticks: anew() }, [[160, 200]]],
    [
      'a gap, and a base after it',
      { ticks: anew(), backups: [baseOf(1, [120, 150]), baseOf(2, [320, 330])] },
      [
        [160, 200],
        [340, 400],
      ],
    ],
    ['a break', { ticks: ticksAt([100, 200, 300, 400], { 2: { breaks: [breakAt(210, 290)] } }) }, [[160, 209]]],
    [
      'a break of another table',
      { ticks: ticksAt([100, 200, 300, 400], { 2: { breaks: [{ ...breakAt(210, 290), table: 'shop:b' }] } }) },
      [[160, 400]],
    ],
    [
      'a break before the base',
      { ticks: ticksAt([100, 200, 300, 400], { 1: { breaks: [breakAt(100, 109)] } }) },
      [[160, 400]],
    ],
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
    expect(older).toMatchObject({
      base: { record: { id: toId(1) } },
      fromMs: 110,
      wals: [{ name: 'w1' }, { name: 'w2' }],
    });
  });

  it.each([
    [100, 'no sound backup that ended before'],
    [401, 'archived up to'],
  ])('at %i: says why not, with what can be had', (toMs, why) => {
    const answer = judgeInstant(factsOf(), { tables: [TABLE], toMs });
    expect(answer).toMatchObject({
      refused: expect.stringContaining(why),
      choices: [{ intervals: [{ fromMs: 160 }] }],
    });
  });

  it('one base for all tables', () => {
    const other = stateOf(toId(2), {
      set: 'shop',
      startMs: 210,
      endMs: 220,
      skewMs: 10,
      tables: [tableOf(filesOf(toId(2), 'shop:b'))],
    });
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
