import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldState, type NamedEvent } from '../../../activities/catalogue/fold-state.ts';
import type { BackupEvent, DrillResult } from '../../../workflows/contract/backup/record.ts';
import { createTestCatalogue, recordOf, toId, writeBackup } from './catalogue-fixture.ts';

const ID = toId(1);
const at = (second: number): string => new Date(second * 1_000).toISOString();

const drillOf = (result: DrillResult['result'], second: number): DrillResult => ({
  result,
  cluster: 'new',
  startedAt: at(second),
  finishedAt: at(second),
  restoreMs: 1,
  bytes: 1,
  differences: [],
});

function eventOf(kind: BackupEvent['kind'], second: number, text = 'x'): BackupEvent {
  const base = { at: at(second), by: 'me' };
  switch (kind) {
    case 'proof':
      return { ...base, kind, drill: drillOf(text === 'x' ? 'equal' : 'different', second) };
    case 'keep':
    case 'expire':
      return { ...base, kind, reason: text };
    case 'audit':
      return { ...base, kind, damaged: text === 'x' ? [] : [text], ...(text === 'z' ? { about: 'content' } : {}) };
    case 'restore':
      return { ...base, kind, cluster: 'new', tables: [] };
    case 'release':
    case 'expired':
      return { ...base, kind };
    default:
      return kind satisfies never;
  }
}

const named = (events: BackupEvent[]): NamedEvent[] =>
  events.map((event, index) => ({ name: String(index).padStart(3, '0'), event }));
const fold = (...events: BackupEvent[]) => foldState(recordOf(ID), named(events));

const anyEvent = fc
  .tuple(
    fc.constantFrom('proof', 'keep', 'release', 'audit', 'restore', 'expire', 'expired' as const),
    fc.integer({ min: 0, max: 5 }),
    fc.constantFrom('x', 'y', 'z'),
  )
  .map(([kind, second, text]) => eventOf(kind, second, text));

describe('foldState', () => {
  it('events: fold the same in any order of arrival', () => {
    const events = fc.array(anyEvent, { maxLength: 12 }).map(named);
    const shuffled = events.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, arrived]) => {
        expect(foldState(recordOf(ID), arrived)).toEqual(foldState(recordOf(ID), list));
      }),
    );
  });

  it('folding: says what the newest event of each kind says', () => {
    const inOrder = fc.array(anyEvent, { maxLength: 12 }).map((events) => {
      return events.map((event, index) => ({ ...event, at: at(index) }));
    });
    fc.assert(
      fc.property(inOrder, (events) => {
        const state = fold(...events);
        const kept = events.findLast(({ kind }) => kind === 'keep' || kind === 'release');
        expect(state.keptFor).toBe(kept?.kind === 'keep' ? kept.reason : undefined);
        const looks = events.flatMap((event) => {
          if (event.kind === 'proof') return [event.drill.result === 'equal' ? event.drill.finishedAt : undefined];
          return event.kind === 'audit' && event.about === 'content' ? ['content' as const] : [];
        });
        const last = looks.at(-1);
        expect(state.provenAt).toBe(last === 'content' ? undefined : last);
        const files = events.flatMap((event) => (event.kind === 'audit' && event.about === undefined ? [event] : []));
        expect(state.damaged.includes('y')).toBe(files.at(-1)?.damaged[0] === 'y');
        const sinceEqual = looks.slice(looks.findLastIndex((look) => look !== undefined && look !== 'content') + 1);
        expect(state.damaged.includes('z')).toBe(sinceEqual.includes('content'));
        expect(state.expiringSince).toBe(events.find(({ kind }) => kind === 'expire')?.at);
        expect(state.expiredAt).toBe(events.find(({ kind }) => kind === 'expired')?.at);
      }),
    );
  });

  it('a later drill that found a difference: takes the proof away, and only an equal one gives it back', () => {
    const disproved = [eventOf('proof', 1), eventOf('proof', 2, 'different')];
    expect(fold(...disproved).lastDrill?.result).toBe('different');
    expect(Object.keys(fold(...disproved))).not.toContain('provenAt');
    expect(fold(...disproved, eventOf('proof', 3)).provenAt).toBe(at(3));
  });

  it('content that was read as another one: is damage, until a drill proves it; a look at names does not', () => {
    const found = [eventOf('proof', 1), eventOf('audit', 2, 'z')];
    expect(fold(...found)).toMatchObject({ damaged: ['z'] });
    expect(fold(...found).provenAt).toBeUndefined();
    expect(fold(...found, eventOf('audit', 3)).damaged).toEqual(['z']);
    expect(fold(...found, eventOf('audit', 3, 'y')).damaged).toEqual(['y', 'z']);
    expect(fold(...found, eventOf('proof', 3))).toMatchObject({ damaged: [], provenAt: at(3) });
  });

  it('a newer audit that found nothing: takes the damage back', () => {
    expect(fold(eventOf('audit', 1, 'archive/f'), eventOf('audit', 2)).damaged).toEqual([]);
    expect(fold(eventOf('audit', 1), eventOf('audit', 2, 'archive/f')).damaged).toEqual(['archive/f']);
  });

  it('a keep that was released: is no longer there, not there as undefined', () => {
    expect(Object.keys(fold(eventOf('keep', 1), eventOf('release', 2)))).not.toContain('keptFor');
  });

  it('a table that failed: makes it partial', () => {
    const record = recordOf(ID, { failed: [{ table: 't', code: 'job.failed', message: 'm' }] });
    expect(foldState(record, []).partial).toBe(true);
  });

  it('every kind of event: comes back from the root as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 6 }), async (events) => {
        const { catalogue } = createTestCatalogue();
        await writeBackup(catalogue, ID);
        const appended: BackupEvent[] = [];
        for (const event of events) appended.push(await catalogue.appendEvent(ID, event));
        const read = (await catalogue.readEvents(ID)).events.map(({ event }) => event);
        expect(new Set(read.map((event) => JSON.stringify(event)))).toEqual(
          new Set(appended.map((event) => JSON.stringify(event))),
        );
      }),
      { numRuns: 50 },
    );
  });
});
