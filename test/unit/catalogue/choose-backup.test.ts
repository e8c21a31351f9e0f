import { describe, expect, it } from 'vitest';
import { chooseBackup, requireBackup } from '../../../activities/catalogue/choose-backup.ts';
import type { BackupState, Catalogue } from '../../../workflows/contract/backup/record.ts';
import { filesOf, stateOf, tableOf, toId } from './catalogue-fixture.ts';

const of = (...backups: BackupState[]): Catalogue => ({ backups, damaged: [] });
const idOf = (answer: ReturnType<typeof chooseBackup>): string =>
  'chosen' in answer ? answer.chosen.record.id : answer.why;
const partial = { failed: [{ table: 'shop:b', code: 'job.failed', message: 'm' }] };

const catalogue = of(
  stateOf(toId(1), { endMs: 1_000, tags: { env: 'live' } }),
  stateOf(toId(2), { endMs: 2_000, set: 'weekly', tables: [tableOf(filesOf(toId(2), 'shop:items'))] }),
  stateOf(toId(3), { endMs: 3_000 }),
  stateOf(toId(4), { endMs: 4_000, ...partial }),
  stateOf(toId(5), { endMs: 5_000, state: { damaged: ['archive/f'] } }),
  stateOf(toId(6), { endMs: 6_000, state: { expiringSince: '2026-11-21T08:00:00.000Z' } }),
);

describe('chooseBackup', () => {
  it.each([
    ['nothing', {}, toId(3)],
    ['a set', { set: 'weekly' }, toId(2)],
    ['a tag', { tags: { env: 'live' } }, toId(1)],
    ['a pattern', { tables: ['shop:it*'] }, toId(2)],
    ['an id', { backup: toId(1) }, toId(1)],
    ['the id of a partial one', { backup: toId(4) }, toId(4)],
  ])('%s: takes the newest complete and sound one that fits', (_what, wish, id) => {
    expect(idOf(chooseBackup(catalogue, wish))).toBe(id);
  });

  it.each([
    [3_010, toId(3)],
    [3_009, toId(2)],
    [1_010, toId(1)],
  ])('the instant %i: takes the newest whose end and skew are not after it', (toMs, id) => {
    expect(idOf(chooseBackup(catalogue, { toMs }))).toBe(id);
  });

  it('an instant before all: answers every backup with what is against it, newest first', () => {
    const answer = chooseBackup(catalogue, { toMs: 1_009 });
    expect(answer).toMatchObject({ why: expect.stringContaining('1970-01-01T00:00:01.009Z') });
    expect('choices' in answer && answer.choices.map(({ id, unfit }) => [id, unfit?.split(':')[0]])).toEqual([
      [toId(6), 'expiring since 2026-11-21T08'],
      [toId(5), 'damaged'],
      [toId(4), 'partial'],
      [toId(3), 'too new'],
      [toId(2), 'too new'],
      [toId(1), 'too new'],
    ]);
  });
});

describe('a backup whose last drill found a difference', () => {
  const drill = { cluster: 'lab', startedAt: '', finishedAt: '2026-11-21T09:00:00Z', restoreMs: 1, bytes: 1 };
  const lastDrill = { ...drill, result: 'different' as const, differences: ['shop:orders: 1 cell'] };
  const doubtful = of(stateOf(toId(1), { endMs: 1_000 }), stateOf(toId(2), { endMs: 2_000, state: { lastDrill } }));

  it('is not the newest sound one, also for an instant', () => {
    expect(idOf(chooseBackup(doubtful, {}))).toBe(toId(1));
    expect(idOf(chooseBackup(doubtful, { toMs: 9_000 }))).toBe(toId(1));
    expect(() => requireBackup(of(doubtful.backups[1]!), {})).toThrow(/no complete and sound backup/);
  });

  it('can be had by its id, since a person decides', () => {
    expect(idOf(chooseBackup(doubtful, { backup: toId(2) }))).toBe(toId(2));
  });

  it('a damaged one can be had by a drill that names it, and by nobody else', () => {
    expect(idOf(chooseBackup(catalogue, { backup: toId(5), evenDamaged: true }))).toBe(toId(5));
    expect(idOf(chooseBackup(catalogue, { backup: toId(5) }))).toContain('damaged');
  });
});

describe('requireBackup', () => {
  it('a damaged one by id: is refused, and the newest sound one offered', () => {
    const refused = () => requireBackup(catalogue, { backup: toId(5) });
    expect(refused).toThrow(expect.objectContaining({ code: 'backup.damaged' }));
    expect(refused).toThrow(/archive\/f.*The newest sound one is 20261121T000003Z-run3/);
  });

  it('one whose record cannot be read: is refused with its path', () => {
    const damaged = [{ id: toId(9), path: 'hdfs://x/record.json', why: 'no JSON' }];
    const refused = () => requireBackup({ ...catalogue, damaged }, { backup: toId(9) });
    expect(refused).toThrow(expect.objectContaining({ code: 'backup.damaged' }));
    expect(refused).toThrow(/hdfs:\/\/x\/record.json: no JSON/);
  });

  it('an id that is none: is unknown, with the choices as problems', () => {
    const refused = () => requireBackup(catalogue, { backup: toId(8) });
    const choice = { field: toId(3), message: expect.stringContaining('can be had') };
    expect(refused).toThrow(
      expect.objectContaining({ code: 'backup.unknown', problems: expect.arrayContaining([choice]) }),
    );
  });

  it('an empty root: says so', () => {
    expect(() => requireBackup(of(), { set: 'nightly' })).toThrow(/of set nightly: the root has none/);
  });
});
