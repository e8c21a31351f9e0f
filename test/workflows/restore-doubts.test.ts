import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCatalogue } from '../../activities/catalogue/create-catalogue.ts';
import type { DrillReport, ExpiryReport, RestoreReport } from '../../workflows/contract/backup/step-data.ts';
import type { FileNode } from '../model/files.ts';
import { backUp, exportedFiles, listLeft, PLACE, show, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

/** Elsewhere and in part, so that nothing else is in the way. */
const MOVED = { ...PLACE, cluster: 'new', tables: ['shop:a'] };
const restore = (site: Site, request: object = {}) =>
  site.run<RestoreReport>('restoreTables', { ...MOVED, ...request });
const refused = async (site: Site, request: object = {}) =>
  readFailure(await site.launch('restoreTables', { ...MOVED, ...request }));
const drill = (site: Site, backup: string, cluster = 'new') =>
  site.run<DrillReport>('testRestore', { ...PLACE, cluster, backup });
const leftOver = ({ source, target }: Site): string[] => [...listLeft(source), ...listLeft(target)];

/** Two backups of a table; the newer one has a file of its own. */
async function twoBackups(site: Site): Promise<{ older: string; newer: string; fresh: FileNode[] }> {
  await site.addTables(['shop:a']);
  const older = await backUp(site, { digests: true });
  const before = new Set(exportedFiles(site, 'shop:a').map(([path]) => path));
  write(site.source, 'shop:a', ['10', '00']);
  const newer = await backUp(site, { digests: true });
  const fresh = exportedFiles(site, 'shop:a').flatMap(([path, node]) => (before.has(path) ? [] : [node]));
  expect(fresh).not.toEqual([]);
  return { older, newer, fresh };
}

/** Of the same length, with other cells; undone by what it answers. */
function spoil(nodes: readonly FileNode[]): () => void {
  const undo = nodes.map((node) => {
    const { payload } = node;
    node.payload = (payload as { value: string }[]).map((cell) => ({ ...cell, value: 'ee' }));
    return () => {
      node.payload = payload;
    };
  });
  return () => undo.forEach((one) => one());
}

describe.concurrent('files of the right length with other cells', () => {
  test('are damage of the backup: in the catalogue, for everybody, until a drill proves it again', async () => {
    await env.withWorld(async (site) => {
      const { older, newer, fresh } = await twoBackups(site);
      const mend = spoil(fresh);
      const failure = await refused(site);
      expect([failure.type, failure.message]).toEqual(['backup.damaged', expect.stringContaining('shop:a')]);
      expect(failure.message).toContain(`The newest sound one with these tables is ${older}`);
      expect([...site.target.state.tables.keys()]).toEqual([]);
      expect(leftOver(site)).toEqual([]);

      await site.run('verifyBackup', { ...PLACE, backup: newer, by: 'me' });
      const seen = await show(site, newer);
      expect(seen.damaged).toEqual([expect.stringContaining('shop:a: ')]);
      expect(seen.provenAt).toBeUndefined();
      expect((await refused(site, { backup: newer })).type).toBe('backup.damaged');
      const { decisions } = await preview(site);
      expect(decisions.find(({ id }) => id === newer)?.reason).toContain('a person decides');
      expect((await restore(site)).backupId).toBe(older);

      // Not where the other cells are in the archive already: whatever has the right length is not copied again.
      mend();
      await drill(site, newer, 'old');
      expect(await show(site, newer)).toMatchObject({ damaged: [], provenAt: expect.any(String) });
      expect((await restore(site, { cluster: 'old', as: { suffix: '_x' } })).backupId).toBe(newer);
    });
  });

  test('of the copy alone are no word against the backup', async () => {
    await env.withWorld(async (site) => {
      const { newer } = await twoBackups(site);
      let isSpoilt = false;
      site.faults.decide = ({ cluster, verb }) => {
        if (cluster !== 'new' || verb !== 'openSnapshotReading' || isSpoilt) return { kind: 'none' };
        isSpoilt = true;
        const { nodes } = site.target.state.fileSystem;
        spoil([...nodes].filter(([path]) => path.startsWith('/hbase/archive/')).map(([, node]) => node));
        return { kind: 'none' };
      };
      const failure = await refused(site);
      expect([failure.type, failure.message]).toEqual(['restore.differs', expect.stringContaining('shop:a')]);
      expect(await show(site, newer)).toMatchObject({ damaged: [] });
      expect(leftOver(site)).toEqual([]);
    });
  });
});

describe.concurrent('a backup whose last drill found a difference', () => {
  test('is not taken by itself, and only with consent by its id', async () => {
    await env.withWorld(async (site) => {
      const { older, newer } = await twoBackups(site);
      await drill(site, newer);
      await disprove(site, newer);
      expect((await show(site, newer)).provenAt).toBeUndefined();
      expect((await restore(site)).backupId).toBe(older);
      const named = { backup: newer, as: { suffix: '_x' } };
      expect((await refused(site, named)).message).toContain('restore.disproved');
      const accepted = { ...named, acceptWarnings: ['restore.disproved'] };
      expect((await restore(site, accepted)).backupId).toBe(newer);
    });
  });

  test('was the last proven one, and is no more: the proven one before it stays', async () => {
    await env.withWorld(async (site) => {
      const { older, newer } = await twoBackups(site);
      const last = await backUp(site);
      await drill(site, older);
      await drill(site, newer);
      expect((await reasonOf(site, older)).action).toBe('expire');
      await disprove(site, newer);
      expect((await reasonOf(site, older)).reason).toContain('last proven');
      expect((await reasonOf(site, newer)).reason).toContain('a person decides');
      expect((await reasonOf(site, last)).reason).toContain('last complete');
    });
  });
});

const preview = (site: Site) =>
  site.run<ExpiryReport>('expireBackups', { ...PLACE, set: 'shop', keep: { last: 1 }, dryRun: true });

async function reasonOf(site: Site, backup: string) {
  const { decisions } = await preview(site);
  return decisions.find(({ id }) => id === backup) ?? { action: 'keep', reason: '' };
}

async function disprove({ source }: Site, backup: string): Promise<void> {
  const { cluster, state } = source;
  const rootUri = `${state.fileSystem.uri}/${PLACE.root}`;
  const catalogue = createCatalogue({ files: cluster.files, rootUri, nowMs: () => Date.now() });
  const at = new Date().toISOString();
  const drilled = { cluster: 'new', startedAt: at, finishedAt: at, restoreMs: 1, bytes: 1 };
  const found = { ...drilled, result: 'different' as const, differences: ['shop:a: 1 row instead of 3'] };
  await catalogue.appendEvent(backup, { kind: 'proof', at, by: 'me', drill: found });
}
