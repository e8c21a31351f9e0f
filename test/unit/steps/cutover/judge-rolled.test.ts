import { describe, expect, it } from 'vitest';
import { judgeRolled } from '../../../../activities/steps/cutover/judge-rolled.ts';

const wal = (server: string, startedMs: number, group = 'g') => ({
  server,
  group,
  name: `${server}.${group}.${startedMs}`,
  startedMs,
});
const folders = (liveServers: string[], ...newestWals: ReturnType<typeof wal>[]) => ({ liveServers, newestWals });
const before = folders(['a', 'b'], wal('a', 10), wal('b', 20));

describe('judgeRolled', () => {
  it('rolled: every server and group shows a newer WAL', () => {
    const now = folders(['a', 'b'], wal('a', 11), wal('b', 21));
    expect(judgeRolled(before, now)).toEqual({
      rolled: [
        { server: 'a', group: 'g', wal: 'a.g.11', startedMs: 11 },
        { server: 'b', group: 'g', wal: 'b.g.21', startedMs: 21 },
      ],
    });
  });

  it('waiting: the call has returned, but one server still writes the old WAL', () => {
    expect(judgeRolled(before, folders(['a', 'b'], wal('a', 11), wal('b', 20)))).toEqual({
      waiting: 'b still writes b.g.20',
    });
  });

  it('waiting: one of two groups of a server has not been rolled', () => {
    const two = folders(['a'], wal('a', 10, 'g1'), wal('a', 10, 'g2'));
    expect(judgeRolled(two, folders(['a'], wal('a', 11, 'g1'), wal('a', 10, 'g2')))).toHaveProperty('waiting');
  });

  it('waiting: a live server shows no WAL at all', () => {
    const empty = folders(['a', 'b'], wal('a', 10));
    expect(judgeRolled(empty, folders(['a', 'b'], wal('a', 11)))).toEqual({ waiting: 'b shows no WAL' });
  });

  it('servers changed: one came or went, so the roll says nothing about it', () => {
    expect(judgeRolled(before, folders(['a'], wal('a', 11)))).toEqual({ serversChanged: 'b went' });
    const joined = folders(['a', 'b', 'c'], wal('a', 11), wal('b', 21), wal('c', 30));
    expect(judgeRolled(before, joined)).toEqual({ serversChanged: 'c came' });
    expect(judgeRolled(before, folders([]))).toHaveProperty('serversChanged');
  });

  it("a dead server's WAL folder does not have to show a newer WAL", () => {
    const splitting = folders(['a'], wal('a', 10), wal('dead', 5));
    expect(judgeRolled(splitting, folders(['a'], wal('a', 11), wal('dead', 5)))).toMatchObject({
      rolled: [{ server: 'a' }],
    });
  });

  it("meta's WAL is rolled by nobody and not waited for", () => {
    const meta = { server: 'a', group: 'm', name: 'a.1.meta', startedMs: 1 };
    const now = folders(['a'], wal('a', 11), meta);
    expect(judgeRolled(folders(['a'], wal('a', 10), meta), now)).toMatchObject({ rolled: [{ wal: 'a.g.11' }] });
  });
});
