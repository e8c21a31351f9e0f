import { describe, expect, it } from 'vitest';
import { createCatalogue } from '../../../activities/catalogue/create-catalogue.ts';
import { type LeaseMode, type LeaseRequest, toTurn } from '../../../activities/catalogue/leases.ts';
import type { FileStore } from '../../../activities/hbase/cluster.ts';
import { exploreInterleavings, type Party } from '../../support/interleavings.ts';
import { createMemoryFiles } from '../../support/memory-files.ts';
import { createTestCatalogue, OWN, ROOT } from './catalogue-fixture.ts';

const requestOf = (runId: string, mode: LeaseMode, turn = 1): LeaseRequest => ({
  mode,
  runId,
  workflowId: `workflow-${runId}`,
  purpose: `for ${runId}`,
  turn,
});

const leasesOf = (files: FileStore) => createCatalogue({ files, rootUri: ROOT, nowMs: () => 0 }).leases;

/** Who was told that it holds and has not begun to release. */
type Believers = Record<string, LeaseMode>;

/** Asks so often, works once when it holds, then releases. */
function partyOf(runId: string, mode: LeaseMode, { turns = [1] } = {}): Party<Believers> {
  return async (files, believers) => {
    const leases = leasesOf(files);
    for (const turn of turns) {
      if (!(await leases.acquire(requestOf(runId, mode, turn))).held) continue;
      believers[runId] = mode;
      await files.probeWrite('work');
      delete believers[runId];
      await leases.release(runId);
      return 'worked';
    }
    return 'waits';
  };
}

/** An attempt that its worker has given up: nobody hears its answer, and it may wake at any time. */
function abandonedOf(runId: string, mode: LeaseMode): Party<Believers> {
  return async (files) => void (await leasesOf(files).acquire(requestOf(runId, mode, 1)));
}

function requireNoClash({ schedule, shared }: { schedule: number[]; shared: Believers }): void {
  const holders = Object.values(shared);
  if (holders.includes('exclusive') && holders.length > 1) {
    throw new Error(`${JSON.stringify(shared)} hold at once after ${schedule.join(' ')}`);
  }
}

const explore = (...parties: Party<Believers>[]): Promise<number> =>
  exploreInterleavings({ parties, createShared: () => ({}), check: requireNoClash });

describe('all orders of the file operations', () => {
  it.each([
    [
      'an export and an exclusive',
      [partyOf('a', 'export', { turns: [1, 1] }), partyOf('x', 'exclusive', { turns: [1, 1] })],
    ],
    ['two exclusives', [partyOf('x', 'exclusive', { turns: [1, 1] }), partyOf('y', 'exclusive', { turns: [1, 1] })]],
    ['two exports and an exclusive', [partyOf('a', 'export'), partyOf('b', 'export'), partyOf('x', 'exclusive')]],
    ['two exclusives and an export', [partyOf('x', 'exclusive'), partyOf('y', 'exclusive'), partyOf('a', 'export')]],
    [
      'an abandoned attempt, the next one, and an exclusive',
      [abandonedOf('a', 'export'), partyOf('a', 'export', { turns: [2] }), partyOf('x', 'exclusive')],
    ],
    [
      'an abandoned attempt, the next one, and an export',
      [abandonedOf('x', 'exclusive'), partyOf('x', 'exclusive', { turns: [2] }), partyOf('a', 'export')],
    ],
  ])('%s: never hold at once', async (_who, parties) => {
    expect(await explore(...parties)).toBeGreaterThan(100);
  });

  it('exports: get it side by side in every order', async () => {
    const parties = ['a', 'b'].map((runId) => partyOf(runId, 'export'));
    let ends = 0;
    await exploreInterleavings<Believers>({
      parties: parties.map((party) => async (files, shared) => {
        expect(await party(files, shared)).toBe('worked');
      }),
      createShared: () => ({}),
      check: ({ ended, contents }) => {
        if (!ended) return;
        ends += 1;
        expect(contents.size).toBe(0);
      },
    });
    expect(ends).toBeGreaterThan(0);
  });

  it('parties that crashed anywhere: are not in each other’s way for ever', async () => {
    await exploreInterleavings<Believers>({
      parties: [partyOf('x', 'exclusive'), partyOf('y', 'exclusive')],
      createShared: () => ({}),
      check: async ({ contents, shared }) => {
        if (Object.keys(shared).length > 0) return;
        const leases = leasesOf(createMemoryFiles(new Map(contents)));
        const answers = [];
        for (const turn of [2, 3]) {
          for (const runId of ['x', 'y']) answers.push(await leases.acquire(requestOf(runId, 'exclusive', turn)));
        }
        expect(answers.filter(({ held }) => held).length).toBeGreaterThan(0);
        await leases.release('x');
        await leases.release('y');
        expect(await leases.list()).toEqual([]);
      },
    });
  });

  it('a protocol that only looks before it creates: is caught', async () => {
    const careless =
      (runId: string, mode: LeaseMode): Party<Believers> =>
      async (files, believers) => {
        if ((await files.list(`${OWN}/leases`)).length > 0) return;
        await files.create(`${OWN}/leases/${mode}~${runId}~1.json`, '{}');
        believers[runId] = mode;
      };
    await expect(explore(careless('a', 'export'), careless('x', 'exclusive'))).rejects.toThrow('hold at once');
  });
});

describe('leases', () => {
  it('who is in the way: is named with workflow, purpose and since when', async () => {
    const { leases } = createTestCatalogue().catalogue;
    await leases.acquire(requestOf('a', 'export'));
    await leases.acquire(requestOf('b', 'export'));
    const answer = await leases.acquire(requestOf('x', 'exclusive'));
    const holder = { mode: 'export', workflowId: 'workflow-a', purpose: 'for a', since: '1970-01-01T00:00:00.000Z' };
    expect(answer).toMatchObject({ held: false, heldBy: [{ runId: 'a', ...holder }, { runId: 'b' }] });
    expect((await leases.list()).map(({ runId }) => runId)).toEqual(['a', 'b']);
  });

  it('a retry after a lost answer: holds, and one release gives everything back', async () => {
    const { catalogue, files } = createTestCatalogue();
    await catalogue.leases.acquire(requestOf('x', 'exclusive', 1));
    expect(await catalogue.leases.acquire(requestOf('x', 'exclusive', 2))).toEqual({ held: true });
    expect(await catalogue.leases.list()).toHaveLength(1);
    await catalogue.leases.release('x');
    await catalogue.leases.release('x');
    expect([...files.contents.keys()]).toEqual([]);
  });

  it('releasing: takes nothing from a run whose id begins the same', async () => {
    const { leases } = createTestCatalogue().catalogue;
    await leases.acquire(requestOf('run1', 'export'));
    await leases.acquire(requestOf('run11', 'export'));
    await leases.release('run1');
    expect((await leases.list()).map(({ runId }) => runId)).toEqual(['run11']);
  });

  it('a lease that somebody released: is missed', async () => {
    const { leases } = createTestCatalogue().catalogue;
    await leases.acquire(requestOf('x', 'exclusive'));
    await leases.requireHeld('x', 'exclusive');
    await leases.release('x');
    await expect(leases.requireHeld('x', 'exclusive')).rejects.toMatchObject({ code: 'root.lease-lost' });
  });

  it('a torn lease: holds all the same, and a file that is none is in everybody’s way', async () => {
    const torn = createTestCatalogue(new Map([[`${OWN}/leases/exclusive~x~1.json`, '{']]));
    const answer = await torn.catalogue.leases.acquire(requestOf('a', 'export'));
    expect(answer).toMatchObject({ held: false, heldBy: [{ mode: 'exclusive', runId: 'x', workflowId: '' }] });
    const path = `${OWN}/leases/frozen`;
    const odd = createTestCatalogue(new Map([[path, '']]));
    const refused = await odd.catalogue.leases.acquire(requestOf('a', 'export'));
    expect(refused).toMatchObject({ held: false, heldBy: [{ mode: 'unknown', path }] });
  });

  it('an attempt that comes after its run has gone: leaves nothing behind', async () => {
    const { catalogue, files } = createTestCatalogue();
    const late = catalogue.leases.acquire({ ...requestOf('a', 'export'), within: '/state/runs/a' });
    await expect(late).rejects.toMatchObject({ code: 'hbase.not-found' });
    expect([...files.contents.keys()]).toEqual([]);
  });

  it('a turn: grows with activity and attempt', () => {
    const operations = ['plain/1', 'plain/2', 'wf/7/1', 'wf/7/2', 'a/b/12/1'];
    const turns = operations.map(toTurn);
    expect(turns).toEqual(turns.toSorted((a, b) => a - b));
    expect(new Set(turns).size).toBe(operations.length);
  });
});
