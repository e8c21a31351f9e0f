import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RestoreReport } from '../../workflows/contract/backup/step-data.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import { backUp, exportedFiles, holdAt, listLeft, PLACE, read, runIdOf, show, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const TABLES = ['shop:a', 'shop:b'];

/** A backup of two tables whose rows were changed afterwards. */
async function changed(site: Site, more: object = {}): Promise<string> {
  await site.addTables(TABLES);
  const backup = await backUp(site, { digests: true, ...more });
  for (const table of TABLES) write(site.source, table, ['10', '00']);
  return backup;
}

const restore = (site: Site, request: object) => site.run<RestoreReport>('restoreTables', { ...PLACE, ...request });
const refused = async (site: Site, request: object) =>
  readFailure(await site.launch('restoreTables', { ...PLACE, ...request }));

describe.concurrent('restoreTables', () => {
  test('brings tables back under other names, compared with what was recorded, and leaves nothing', async () => {
    await env.withWorld(async (site) => {
      const backup = await changed(site);
      const report = await restore(site, { set: 'shop', as: { suffix: '_restored' } });
      expect(report).toMatchObject({ backupId: backup, cluster: 'old', root: 'backups' });
      expect(report.tables.map(({ table, from, compared }) => [table, from, compared])).toEqual([
        ['shop:a_restored', 'shop:a', 'equal'],
        ['shop:b_restored', 'shop:b', 'equal'],
      ]);
      expect(await read(site.source, 'shop:a_restored')).toBe('ff');
      expect(await read(site.source, 'shop:a')).toBe('00');
      expect(listLeft(site.source)).toEqual([]);
      expect(await restoreEvents(site, backup)).toEqual([['shop:a_restored', 'shop:b_restored']]);
    });
  });

  test('brings a part of a backup back on another cluster, in a namespace that is made for it', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      await restore(site, { cluster: 'new', tables: ['shop:b'], as: { namespace: 'rescue' } });
      expect(await read(site.target, 'rescue:b')).toBe('ff');
      expect([...site.target.state.tables.keys()]).toEqual(['rescue:b']);
      expect([...listLeft(site.source), ...listLeft(site.target)]).toEqual([]);
    });
  });

  test('overwrites a table with consent, and keeps what it was as a snapshot that it names', async () => {
    await env.withWorld(async (site) => {
      const backup = await changed(site);
      const handle = await site.launch('restoreTables', { ...PLACE, backup, tables: ['shop:a'], overwrite: true });
      const report = (await handle.result()) as unknown as RestoreReport;
      expect(await read(site.source, 'shop:a')).toBe('ff');
      expect(await read(site.source, 'shop:b')).toBe('00');
      const { failsafe = '' } = report.tables[0]!;
      expect(failsafe).toMatch(/^thb_.*_failsafe_shop_a/);
      const status = await handle.query<{ residues: { command: string }[]; leaks: string[] }>('status');
      expect(status.leaks).toEqual([]);
      expect(status.residues.map(({ command }) => command)).toEqual([`delete_snapshot '${failsafe}'`]);
      await site.source.cluster.cloneSnapshot(failsafe, 'shop:before');
      expect(await read(site.source, 'shop:before')).toBe('00');
      await site.source.cluster.deleteSnapshot(failsafe);
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test('brings back a table that was dropped, by its own name', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      await site.source.cluster.disableTable('shop:a');
      await site.source.cluster.deleteTable('shop:a');
      await restore(site, { tables: ['shop:a'] });
      expect(await read(site.source, 'shop:a')).toBe('ff');
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test('a backup without digests is restored and says that it was not compared', async () => {
    await env.withWorld(async (site) => {
      await changed(site, { digests: false });
      const report = await restore(site, { as: { suffix: '_x' } });
      expect(report.tables[0]).toMatchObject({ compared: 'not-compared', why: expect.stringContaining('no digests') });
    });
  });
});

describe.concurrent('restoreTables refuses', () => {
  test('an input that is empty or wrong, an unknown backup, an unknown table, and a time', async () => {
    await env.withWorld(async (site) => {
      const backup = await changed(site);
      expect((await readFailure(await site.launch('restoreTables', undefined))).message).toContain('"root": "backups"');
      expect((await refused(site, { backup: '20200101T000000Z-x' })).message).toContain(backup);
      const unknown = await refused(site, { tables: ['shop:carts'] });
      expect([unknown.type, unknown.message]).toEqual(['backup.unknown', expect.stringContaining('shop:carts')]);
      const instant = await refused(site, { to: '2026-11-21T07:15:00Z' });
      expect(instant.type).toBe('restore.instant');
    });
  });

  test('tables that exist, and names that meet, before anything is written', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      const before = [...site.source.state.fileSystem.nodes.keys()];
      const exists = await refused(site, { tables: ['shop:a'] });
      expect([exists.type, exists.message]).toEqual(['preflight.failed', expect.stringContaining('"overwrite": true')]);
      await site.source.cluster.createTable({ table: 'shop:a_x', families: [{ name: 'd' }], splitKeys: [] });
      const other = await refused(site, { tables: ['shop:a'], as: { suffix: '_x' }, overwrite: true });
      expect(other.message).toContain('restore.other-name');
      expect([...site.source.state.fileSystem.nodes.keys()]).toEqual(before);
    });
  });

  test('a replicated table without consent', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      const tables = [{ table: 'shop:a', families: [] }];
      const { clusterKey } = site.target.state;
      await site.source.cluster.addPeer({ id: 'dr', clusterKey, tables });
      const failure = await refused(site, { tables: ['shop:a'], overwrite: true });
      expect(failure.message).toContain('restore.replicated');
      await restore(site, { tables: ['shop:a'], overwrite: true, acceptWarnings: ['restore.replicated'] });
      expect(await read(site.source, 'shop:a')).toBe('ff');
    });
  });

  test('a backup with a file that is gone, and offers the newest sound one', async () => {
    await env.withWorld(async (site) => {
      const sound = await changed(site);
      const damaged = await backUp(site);
      const files = new Set((await show(site, sound)).record.tables.map(({ filesDigest }) => filesDigest));
      const fresh = (await show(site, damaged)).record.tables.filter(({ filesDigest }) => !files.has(filesDigest));
      expect(fresh).toHaveLength(2);
      const [path] = exportedFiles(site, 'shop:a').at(-1)!;
      site.source.state.fileSystem.nodes.delete(path);
      const failure = await refused(site, { as: { suffix: '_x' } });
      expect(failure.type).toBe('backup.damaged');
      expect(failure.message).toContain(`The newest sound one with these tables is ${sound}`);
      expect(listLeft(site.source)).toEqual([]);
      expect((await show(site, damaged)).damaged).toHaveLength(1);
      const next = await restore(site, { as: { suffix: '_x' } });
      expect(next.backupId).toBe(sound);
    });
  });
});

describe.concurrent('restoreTables cut off', () => {
  const MOMENTS = [
    'jobs.ensure',
    'openSnapshotReading',
    'disableTable',
    'takeSnapshot',
    'restoreSnapshot',
    'enableTable',
    'cloneSnapshot',
  ];

  test.each(MOMENTS)('cancelled at %s: every table is as it was', async (verb) => {
    await env.withWorld(async (site) => {
      await changed(site);
      await site.source.cluster.disableTable('shop:b');
      await site.source.cluster.deleteTable('shop:b');
      const held = holdAt(site, { cluster: 'old', verb });
      const handle = await site.launch('restoreTables', { ...PLACE, overwrite: true });
      await held.seen();
      await handle.cancel();
      held.release();
      expect((await readFailure(handle)).name).toBe('CancelledFailure');
      expect(await read(site.source, 'shop:a')).toBe('00');
      expect(site.source.state.tables.get('shop:a')?.enabled).toBe(true);
      expect(site.source.state.tables.has('shop:b')).toBe(false);
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test.each(['jobs.ensure', 'restoreSnapshot', 'enableTable'])('terminated at %s: `clean` gives back', async (verb) => {
    await env.withWorld(async (site) => {
      await changed(site);
      const held = holdAt(site, { cluster: 'old', verb });
      const handle = await site.launch('restoreTables', { ...PLACE, overwrite: true });
      await held.seen();
      const runId = await runIdOf(handle);
      await handle.terminate();
      held.release();
      const report = await site.run<CleanReport>('cleanRun', { runId });
      expect(report).toMatchObject({ outcome: 'undone', leaks: [] });
      for (const table of TABLES) expect(await read(site.source, table)).toBe('00');
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test('terminated when every table is published: `clean` completes it', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      const held = holdAt(site, { cluster: 'old', verb: 'deleteSnapshot' });
      const handle = await site.launch('restoreTables', { ...PLACE, overwrite: true });
      await held.seen();
      const runId = await runIdOf(handle);
      await handle.terminate();
      held.release();
      const report = await site.run<CleanReport>('cleanRun', { runId });
      expect(report).toMatchObject({ outcome: 'completed', leaks: [] });
      expect(report.residues).toHaveLength(2);
      for (const table of TABLES) expect(await read(site.source, table)).toBe('ff');
    });
  });

  test('cancelled when every table is published: it completes', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      const held = holdAt(site, { cluster: 'old', verb: 'deleteSnapshot' });
      const handle = await site.launch('restoreTables', { ...PLACE, overwrite: true });
      await held.seen();
      await handle.cancel();
      held.release();
      await handle.result();
      for (const table of TABLES) expect(await read(site.source, table)).toBe('ff');
    });
  });

  test('whatever is refused or loses its answer on the way: the same end', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      const { random } = site.world;
      const kinds = ['refused', 'lost-answer', 'none', 'none', 'none'] as const;
      const changes = /^(jobs\.ensure|openSnapshotReading|(clone|take|restore|delete)Snapshot|(dis|en)ableTable)$/;
      site.faults.decide = ({ verb }) => ({ kind: changes.test(verb) ? random.pick(kinds) : 'none' });
      const report = await restore(site, { overwrite: true });
      for (const table of TABLES) expect(await read(site.source, table)).toBe('ff');
      site.faults.decide = () => ({ kind: 'none' });
      for (const { failsafe = '' } of report.tables) await site.source.cluster.deleteSnapshot(failsafe);
      expect(listLeft(site.source)).toEqual([]);
    });
  });

  test('two restores of one table: the later one is refused by name', async () => {
    await env.withWorld(async (site) => {
      await changed(site);
      const held = holdAt(site, { cluster: 'old', verb: 'jobs.ensure' });
      const first = await site.launch('restoreTables', { ...PLACE, overwrite: true });
      await held.seen();
      const failure = await refused(site, { overwrite: true });
      expect([failure.type, failure.message]).toEqual(['run.claimed', expect.stringContaining(first.workflowId)]);
      held.release();
      await first.result();
      expect(await read(site.source, 'shop:a')).toBe('ff');
    });
  });
});

async function restoreEvents({ source }: Site, backup: string): Promise<string[][]> {
  const nodes = [...source.state.fileSystem.nodes];
  return nodes
    .filter(([path]) => path.includes(`/events/${backup}/`) && path.includes('~restore~'))
    .map(([, { content }]) => (JSON.parse(content) as { tables: string[] }).tables);
}
