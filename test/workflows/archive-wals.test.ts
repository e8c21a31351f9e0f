import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test as inOrder } from 'vitest';
import { createWalArchive, type WalArchive } from '../../activities/catalogue/wal-archive.ts';
import type { ArchiveReport, StopArchiveReport } from '../../workflows/contract/backup/archive.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import type { RunOverview } from '../../workflows/contract/step-data.ts';
import { holdAt, listLeft, PLACE, readWaits, runIdOf, write } from './backup-site.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

const test = inOrder.concurrent;

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const SET = 'shop';
const REQUEST = { ...PLACE, tables: ['shop:*'], set: SET };
/** What a tick keeps back, since an edit may be in flight when its WAL is closed. */
const IN_FLIGHT_MS = 2_100;

const tick = (site: Site): Promise<ArchiveReport> => site.run('archiveWals', REQUEST);
const stop = (site: Site, more: object = {}): Promise<StopArchiveReport> =>
  site.run('stopArchive', { ...PLACE, set: SET, ...more });

function archiveOf({ source }: Site): WalArchive {
  return createWalArchive({
    files: source.cluster.files,
    rootUri: 'hdfs://old:8020/backups',
    set: SET,
    nowMs: Date.now,
  });
}

async function begin(site: Site): Promise<ArchiveReport> {
  await site.addTables(['shop:a', 'shop:b']);
  return tick(site);
}

const peersOf = ({ source }: Site): string[] => [...source.state.peers.keys()];

/** Edits of one table in the archive. */
async function editsOf(site: Site, table: string): Promise<number> {
  const { wals } = await archiveOf(site).listWals();
  return wals.flatMap(({ tables }) => tables).reduce((sum, one) => sum + (one.table === table ? one.edits : 0), 0);
}

describe('archiveWals', () => {
  test('the first tick holds, the next ones archive what was written, and one holder is left', async () => {
    await env.withWorld(async (site) => {
      const first = await begin(site);
      expect(first).toMatchObject({ archivedWals: 0, breaks: [], needsBase: false });
      expect(first.coveredToMs).toBe(first.coveredFromMs);
      const [holder] = peersOf(site);
      expect(holder).toMatch(/^thb_hold_[0-9a-f]{12}_1$/);
      write(site.source, 'shop:a', ['30', 'aa']);
      const writtenMs = Date.now();
      await sleep(IN_FLIGHT_MS);
      const second = await tick(site);
      expect(second.gap).toBeUndefined();
      expect(second.coveredFromMs).toBe(first.coveredToMs);
      expect(second.coveredToMs).toBeGreaterThan(writtenMs);
      // Those that the fixture wrote stand in the WAL that the holder began with.
      expect(await editsOf(site, 'shop:a')).toBe(4);
      expect(peersOf(site)).toEqual([holder?.replace(/_1$/, '_2')]);
      expect((await tick(site)).coveredFromMs).toBe(second.coveredToMs);
      expect(listLeft(site.source).filter((path) => !path.includes('hold_'))).toEqual([]);
    });
  });

  test('leaks names what holds WALs, and stopArchive removes it', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      const runs = await site.run<RunOverview[]>('findLeaks', {});
      expect(runs.map(({ run, notes }) => [run.runId, notes.map(({ kind }) => kind)])).toEqual([
        [expect.stringMatching(/^hold_/), ['wal-holder']],
      ]);
      expect(await stop(site)).toMatchObject({ removedHolders: [expect.stringContaining('thb_hold_')] });
      expect(peersOf(site)).toEqual([]);
      expect(await site.run('findLeaks', {})).toEqual([]);
    });
  });

  // In order is where a break starts a base: its id comes of the seed, which all worlds share.
  inOrder('clean removes a holder whose schedule is gone, and a tick that comes all the same has a gap', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      const [{ run }] = await site.run<[RunOverview]>('findLeaks', {});
      const kept = await site.launch('cleanRun', { runId: run.runId });
      // Whether a schedule still feeds it is nothing that Temporal could say of one workflow.
      expect(await readFailure(kept)).toMatchObject({ type: 'run.active' });
      const input = { runId: run.runId, force: true };
      expect(await site.run<CleanReport>('cleanRun', input)).toMatchObject({ leaks: [] });
      expect(peersOf(site)).toEqual([]);
      const failure = await readFailure(await site.launch('archiveWals', REQUEST));
      expect(failure.type).toBe('archive.gap');
      expect(peersOf(site)).toHaveLength(1);
    });
  });

  inOrder.each([
    ['enabled', (site: Site, id: string) => site.source.cluster.enablePeer(id), 'enabled'],
    ['removed', (site: Site, id: string) => site.source.cluster.removePeer(id), 'removed'],
    [
      'removed and made again',
      async (site: Site, id: string) => {
        await site.source.cluster.removePeer(id);
        await site.source.cluster.rollWals();
        await sleep(200);
        await site.source.cluster.addHolder(id);
      },
      'let go',
    ],
  ])('a holder that somebody has %s: the gap is told, recorded, and the chain begins anew', async (_, spoil, why) => {
    await env.withWorld(async (site) => {
      await begin(site);
      const [holder = ''] = peersOf(site);
      write(site.source, 'shop:a', ['30', 'aa']);
      await spoil(site, holder);
      const failure = await readFailure(await site.launch('archiveWals', REQUEST));
      expect([failure.type, failure.message]).toEqual(['archive.gap', expect.stringContaining(why)]);
      expect(failure.details?.at(-1)).toMatchObject({ needsBase: true });
      expect(peersOf(site)).toEqual([expect.stringMatching(/_2$/)]);
      const next = await tick(site);
      expect(next.gap).toBeUndefined();
    });
  });

  test('a server that dies between two ticks: its last WAL is archived too', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      write(site.source, 'shop:a', ['30', 'aa']);
      site.source.killServer();
      await sleep(2_500);
      await sleep(IN_FLIGHT_MS);
      const report = await tick(site);
      expect(report.gap).toBeUndefined();
      expect(await editsOf(site, 'shop:a')).toBe(4);
    });
  });

  inOrder('what no replay can cross is told: a table made again, one that is new, a write without WAL', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      const { cluster } = site.source;
      await cluster.disableTable('shop:a');
      await cluster.deleteTable('shop:a');
      await cluster.createTable({ table: 'shop:a', families: [{ name: 'd' }], splitKeys: [] });
      await cluster.createTable({ table: 'shop:c', families: [{ name: 'd' }], splitKeys: [] });
      const { breaks, needsBase } = await tick(site);
      expect(breaks.map(({ table, kind }) => [table, kind])).toEqual([
        ['shop:a', 're-created'],
        ['shop:c', 'created'],
      ]);
      expect(needsBase).toBe(true);
      site.source.mutate('shop:b', {
        row: '10',
        family: 'd',
        qualifier: '61',
        type: 'put',
        value: '00',
        skipWal: true,
      });
      const unlogged = (await tick(site)).breaks;
      expect(unlogged.map(({ table, kind }) => [table, kind])).toEqual([
        ['shop:a', 'unlogged'],
        ['shop:b', 'unlogged'],
        ['shop:c', 'unlogged'],
      ]);
    });
  });

  inOrder('a full disk: nothing is held, the gap is recorded, and it begins anew when there is room', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      const { fileSystem } = site.source.state;
      const { usedBytes } = fileSystem;
      // A disk that has room for many times what the WALs take is none that holds them.
      fileSystem.usedBytes = fileSystem.capacityBytes - 4_096;
      const failure = await readFailure(await site.launch('archiveWals', REQUEST));
      expect([failure.type, failure.message]).toEqual(['archive.gap', expect.stringContaining('% full')]);
      expect(peersOf(site)).toEqual([]);
      fileSystem.usedBytes = usedBytes;
      await site.launch('archiveWals', REQUEST).then(readFailure);
      expect(peersOf(site)).toHaveLength(1);
      expect((await tick(site)).gap).toBeUndefined();
    });
  });

  test.each(['addHolder', 'rollWals', 'copyFile', 'readWalRange', 'removePeer', 'readUnloggedMutations'])(
    'terminated at %s: the next tick goes on without a gap, once the first is cleaned',
    async (verb) => {
      await env.withWorld(async (site) => {
        await begin(site);
        write(site.source, 'shop:a', ['30', 'aa']);
        const held = holdAt(site, { cluster: 'old', verb });
        const handle = await site.launch('archiveWals', REQUEST);
        await held.seen();
        const runId = await runIdOf(handle);
        await handle.terminate();
        held.release();
        await site.run<CleanReport>('cleanRun', { runId });
        write(site.source, 'shop:a', ['31', 'bb']);
        await sleep(IN_FLIGHT_MS);
        const report = await tick(site);
        expect([report.gap, report.breaks]).toEqual([undefined, []]);
        expect(await editsOf(site, 'shop:a')).toBe(5);
        expect(peersOf(site)).toHaveLength(1);
      });
    },
  );

  test('terminated: the next tick takes over what it holds, says so meanwhile, and nothing is left of it', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      write(site.source, 'shop:a', ['30', 'aa']);
      const held = holdAt(site, { cluster: 'old', verb: 'copyFile' });
      const handle = await site.launch('archiveWals', REQUEST);
      await held.seen();
      const runId = await runIdOf(handle);
      const next = await site.launch('archiveWals', REQUEST);
      await waitUntil(
        'the next tick waits',
        async () => (await readWaits(env, next)).includes(handle.workflowId),
        30_000,
      );
      expect(await readWaits(env, next)).not.toContain('clean');
      await handle.terminate();
      held.release();
      const report = (await next.result()) as unknown as ArchiveReport;
      expect([report.gap, report.breaks]).toEqual([undefined, []]);
      expect(peersOf(site)).toHaveLength(1);
      const runs = await site.run<RunOverview[]>('findLeaks', {});
      expect(runs.map(({ run }) => run.runId)).toEqual([expect.stringMatching(/^hold_/)]);
      expect(runs.map(({ run }) => run.runId)).not.toContain(runId);
    });
  });

  test('a terminated tick that holds more than its archive is left to `clean`, with the command', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      const held = holdAt(site, { cluster: 'old', verb: 'rollWals' });
      const handle = await site.launch('archiveWals', REQUEST);
      await held.seen();
      const runId = await runIdOf(handle);
      const { files } = site.source.cluster;
      const home = (await site.source.cluster.readFacts()).homeDir;
      const path = `${home}/.temporal-hbase/runs/${runId}/notes/snapshot/s1.json`;
      await files.create(path, JSON.stringify({ subject: 's1', at: '', value: { snapshot: 's1', table: 'shop:a' } }));
      await handle.terminate();
      held.release();
      const next = await site.launch('archiveWals', REQUEST);
      const command = `temporal-hbase clean ${runId}`;
      await waitUntil('it is named', async () => (await readWaits(env, next)).includes(command), 30_000);
      await site.run<CleanReport>('cleanRun', { runId });
      expect(((await next.result()) as unknown as ArchiveReport).gap).toBeUndefined();
    });
  });

  test('a second tick at once waits for the first', async () => {
    await env.withWorld(async (site) => {
      await begin(site);
      const both = await Promise.all([tick(site), tick(site)]);
      expect(both.map(({ gap }) => gap)).toEqual([undefined, undefined]);
      expect(peersOf(site)).toHaveLength(1);
      expect(new Set(both.map(({ tick: name }) => name)).size).toBe(2);
    });
  });

  test('an empty input shows an example; stopArchive can drop everything', async () => {
    await env.withWorld(async (site) => {
      expect((await readFailure(await site.launch('archiveWals', {}))).message).toContain('"window": "7d"');
      await begin(site);
      await tick(site);
      expect((await stop(site, { dropWals: true })).droppedWals).toBeGreaterThan(0);
      expect(await archiveOf(site).listTicks()).toEqual({ ticks: [], damaged: [] });
      // Nothing is left that a gap could be measured by.
      expect((await tick(site)).gap).toBeUndefined();
    });
  });
});
