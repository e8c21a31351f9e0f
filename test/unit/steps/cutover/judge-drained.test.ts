import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerQueues } from '../../../../activities/hbase/cluster.ts';
import { judgeDrained } from '../../../../activities/steps/cutover/judge-drained.ts';
import type { RolledWal } from '../../../../activities/steps/cutover/judge-rolled.ts';

const PEER = 'thb_run0001';
const wal = (server: string, startedMs: number, group = 'g') => ({ name: `${server}.${startedMs}`, group, startedMs });
const rolledWal = (server: string, startedMs: number, group = 'g'): RolledWal => ({
  server,
  group,
  wal: `${server}.${startedMs}`,
  startedMs,
});
const newest = (server: string, startedMs: number, group = 'g') => ({ server, ...wal(server, startedMs, group) });
const queue = (server: string, wals: PeerQueues['queues'][number]['wals'], id = PEER) => ({
  queue: id,
  server,
  recovered: false,
  wals,
});

/** Two servers, rolled at 100 and 200, everything older shipped. */
function drainedQueues(change: Partial<PeerQueues> = {}): PeerQueues {
  return {
    liveServers: ['a', 'b'],
    crashingServers: [],
    queues: [queue('a', [wal('a', 100)]), queue('b', [wal('b', 200)])],
    hfileRefs: 0,
    newestWals: [newest('a', 100), newest('b', 200)],
    bytes: 0,
    ...change,
  };
}
const rolled = [rolledWal('a', 100), rolledWal('b', 200)];
const judge = (change: Partial<PeerQueues>, wals = rolled) =>
  judgeDrained({ peerId: PEER, queues: drainedQueues(change), rolled: wals });

describe('judgeDrained', () => {
  it('drained: every server has its queue, and nothing in it is older than the roll', () => {
    expect(judge({})).toEqual({ drained: true, missing: [], rollAgain: false });
  });

  it('drained: WALs newer than the roll may stand in the queue', () => {
    const queues = [queue('a', [wal('a', 100), wal('a', 150)]), queue('b', [wal('b', 300)])];
    const newestWals = [newest('a', 150), newest('b', 300)];
    expect(judge({ queues, newestWals }).drained).toBe(true);
  });

  it('not drained: a WAL from before the roll is left, even by a millisecond', () => {
    const queues = [queue('a', [wal('a', 99), wal('a', 100)]), queue('b', [wal('b', 200)])];
    expect(judge({ queues })).toMatchObject({
      drained: false,
      missing: ['WAL a.99 on a is from before the roll'],
      rollAgain: false,
    });
  });

  it('not drained: groups are judged apart, so a quick one does not hide a slow one', () => {
    const groups = [rolledWal('a', 100, 'g1'), rolledWal('a', 500, 'g2'), rolledWal('b', 200)];
    const newestWals = [newest('a', 100, 'g1'), newest('a', 500, 'g2'), newest('b', 200)];
    const queues = [queue('a', [wal('a', 100, 'g1'), wal('a', 400, 'g2')]), queue('b', [wal('b', 200)])];
    expect(judge({ queues, newestWals }, groups).missing).toEqual(['WAL a.400 on a is from before the roll']);
  });

  it('not drained: a live server has no queue of the peer', () => {
    expect(judge({ queues: [queue('a', [wal('a', 100)])] }).missing).toContain(`b has no queue of ${PEER}`);
  });

  it('not drained: an empty listing, as a wrong znode parent gives it', () => {
    expect(judge({ queues: [] }).drained).toBe(false);
  });

  it('not drained: only the queue of another peer stands there', () => {
    const queues = [queue('a', [wal('a', 100)], 'other'), queue('b', [wal('b', 200)])];
    expect(judge({ queues }).drained).toBe(false);
  });

  it('not drained: a queue names no WAL of a group that is being written', () => {
    const queues = [queue('a', []), queue('b', [wal('b', 200)])];
    expect(judge({ queues }).missing).toContain('the queue on a names no WAL of group g');
  });

  it("not drained: a dead server's queue, although it is not named as recovered", () => {
    const queues = [...drainedQueues().queues, queue('dead', [wal('dead', 90)])];
    expect(judge({ queues }).missing[0]).toContain('group g on dead was not rolled');
    expect(judge({ queues }).missing).toContain(`queue ${PEER} of dead, which is not live, holds 1 WALs`);
  });

  it("not drained: a dead server's queue without a WAL", () => {
    const queues = [...drainedQueues().queues, queue('dead', [])];
    expect(judge({ queues }).missing).toEqual([`queue ${PEER} of dead, which is not live, holds 0 WALs`]);
  });

  it('not drained: a recovered queue under a live server, by its mark or by its name', () => {
    const marked = { ...queue('a', [wal('a', 300)], PEER), recovered: true };
    const named = queue('a', [wal('a', 300)], `${PEER}-dead`);
    for (const extra of [marked, named]) {
      expect(judge({ queues: [...drainedQueues().queues, extra] }).drained).toBe(false);
    }
  });

  it('not drained: the master is still recovering a server', () => {
    expect(judge({ crashingServers: ['dead'] }).missing).toEqual(['the master is still recovering dead']);
  });

  it('not drained: HFile references are left', () => {
    expect(judge({ hfileRefs: 2 }).missing).toEqual([
      '2 bulk-loaded files wait to be replicated, until the target can fetch them (hbase.replication.conf.dir) or the migration is cancelled',
    ]);
  });

  it('not drained: no live server is listed', () => {
    expect(judge({ liveServers: [] })).toMatchObject({ drained: false, rollAgain: true });
  });

  it('roll again: a server joined after the roll', () => {
    const change = {
      liveServers: ['a', 'b', 'c'],
      queues: [...drainedQueues().queues, queue('c', [wal('c', 300)])],
      newestWals: [...drainedQueues().newestWals, newest('c', 300)],
    };
    expect(judge(change)).toMatchObject({ drained: false, rollAgain: true });
  });

  it('roll again: a rolled server has left', () => {
    const change = { liveServers: ['a'], queues: [queue('a', [wal('a', 100)])], newestWals: [newest('a', 100)] };
    expect(judge(change)).toMatchObject({ drained: false, rollAgain: true });
  });

  it('roll again: a group that was not rolled appears, in the queue or in the WAL folder', () => {
    const inQueue = { queues: [queue('a', [wal('a', 100), wal('a', 300, 'new')]), queue('b', [wal('b', 200)])] };
    const inFolder = { newestWals: [...drainedQueues().newestWals, newest('a', 300, 'new')] };
    for (const change of [inQueue, inFolder]) expect(judge(change)).toMatchObject({ drained: false, rollAgain: true });
  });

  it("meta's WAL does not count: it is never replicated", () => {
    const meta = { server: 'a', group: 'a.meta', name: 'a.900.meta', startedMs: 900 };
    expect(judge({ newestWals: [...drainedQueues().newestWals, meta] }).drained).toBe(true);
  });

  it('not drained: the WAL folder no longer shows what was being written after the roll', () => {
    expect(judge({ newestWals: [newest('b', 200)] }).missing).toEqual([
      'a no longer shows a.100, which it was writing after the roll',
    ]);
  });

  it('not drained: a time in a WAL name that cannot be read', () => {
    const queues = [queue('a', [wal('a', Number.NaN)]), queue('b', [wal('b', 200)])];
    expect(judge({ queues }).drained).toBe(false);
    expect(judge({}, [rolledWal('a', Number.NaN), rolledWal('b', 200)]).drained).toBe(false);
  });

  it('not drained: a roll of nothing proves nothing', () => {
    expect(judge({}, []).drained).toBe(false);
  });

  it('property: whatever is listed, one WAL from before the roll is never overlooked', () => {
    const anyWal = fc.record({
      server: fc.constantFrom('a', 'b', 'dead'),
      startedMs: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(anyWal), (wals) => {
        const servers = ['a', 'b', 'dead'];
        const queues = servers.map((server) =>
          queue(
            server,
            wals.filter((one) => one.server === server).map(({ startedMs }) => wal(server, startedMs)),
          ),
        );
        const oldest = new Map([
          ['a', 100],
          ['b', 200],
        ]);
        const hasOld = wals.some(({ server, startedMs }) => startedMs < (oldest.get(server) ?? Infinity));
        const verdict = judge({ queues: queues.filter(({ wals: some }) => some.length > 0) });
        expect(hasOld && verdict.drained).toBe(false);
      }),
    );
  });
});
