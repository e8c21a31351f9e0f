import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExpiryReport } from '../../workflows/contract/backup/step-data.ts';
import type { BackupEvent } from '../../workflows/contract/backup/record.ts';
import type { Call } from '../model/faults.ts';
import type { Manifest } from '../model/snapshots.ts';
import { collectUnhandled, takeUnhandled } from './harness/unhandled.ts';
import { type BackupStory, createBackupStory, findBroken, findLeft, PLACE, ROOT } from './harness/backup-story.ts';

beforeAll(collectUnhandled);
afterAll(() => expect(takeUnhandled()).toEqual([]));

const EXPIRY = { ...PLACE, keep: { last: 1 } };
const CHANGES = /^files\.(create|move|remove)$/;

async function threeBackups(seed = 1): Promise<{ story: BackupStory; backups: string[] }> {
  const story = await createBackupStory(seed);
  const backups = [];
  for (let count = 0; count < 3; count += 1) backups.push(await story.backUp());
  return { story, backups };
}

const isInRoot = ({ verb, args }: Call): boolean => CHANGES.test(verb) && String(args[0]).includes(`${ROOT}/`);

async function listIds({ settle, catalogue }: BackupStory): Promise<string[]> {
  return (await settle(catalogue.readAll())).backups.map(({ record }) => record.id);
}

describe('expireBackups', () => {
  it('keeps what the rules hold, whole, and leaves nothing of the rest', async () => {
    const { story, backups } = await threeBackups();
    const report = await story.run<ExpiryReport>('expireBackups', EXPIRY);
    expect(report).toMatchObject({ dryRun: false, expired: backups.slice(0, 2), putBack: 0, stops: [] });
    expect(report.decisions.map(({ action }) => action)).toEqual(['expire', 'expire', 'keep']);
    expect(report.freed.files).toBeGreaterThan(0);
    expect(await listIds(story)).toEqual(backups.slice(2));
    await expectSound(story);
  });

  it('keeps what somebody keeps, and the last proven one', async () => {
    const { story, backups } = await threeBackups();
    const [kept = '', proven = ''] = backups;
    backups.push(await story.backUp());
    await story.run('keepBackup', { ...PLACE, backup: kept, by: 'ann', reason: 'audit' });
    await append(story, proven, {
      kind: 'proof',
      drill: { ...DRILL, finishedAt: new Date(story.clock.nowMs()).toISOString() },
    });
    const report = await story.run<ExpiryReport>('expireBackups', EXPIRY);
    expect(report.decisions.map(({ reason }) => reason)).toEqual([
      'kept: audit',
      'last proven',
      'no rule holds it',
      'last 1, last complete',
    ]);
    expect(await listIds(story)).toEqual([kept, proven, backups[3]]);
    await expectSound(story);
  });

  it('tells what it would do without writing anything, and that is what it does', async () => {
    const { story } = await threeBackups();
    const before = listPaths(story);
    const preview = await story.run<ExpiryReport>('expireBackups', { ...EXPIRY, dryRun: true });
    expect(listPaths(story)).toEqual(before);
    const { expired, freed, decisions } = await story.run<ExpiryReport>('expireBackups', EXPIRY);
    expect(preview).toMatchObject({ dryRun: true, expired, freed, decisions, stops: [] });
  });

  it('does nothing in a root that holds no backup', async () => {
    const story = await createBackupStory(1);
    const freed = { manifests: 0, files: 0, bytes: 0 };
    expect(await story.run('expireBackups', EXPIRY)).toMatchObject({ decisions: [], expired: [], freed });
    await expectSound(story);
  });

  it.each([
    ['a file that no export writes', 'archive/data/shop/a/cf/._COPYING_', /_COPYING_ is needed by nobody/],
    ['an export that no backup names', '.hbase-snapshot/theirs/data.manifest', /manifest theirs belongs to no backup/],
    [
      'a damaged record',
      '.temporal-hbase/backups/20200101T000000Z-x/record.json',
      /record\.json of backup .* cannot be read/,
    ],
  ])('deletes nothing beside %s, says why, and lets the root go', async (_what, path, why) => {
    const { story, backups } = await threeBackups();
    const files = listPaths(story, 'archive');
    story.old.state.fileSystem.nodes.set(`${ROOT}/${path}`, { content: 'x', bytes: 1, modifiedMs: 0 });
    await expect(story.run('expireBackups', EXPIRY)).rejects.toMatchObject({ type: 'root.unsafe', message: why });
    expect(listPaths(story, 'archive')).toEqual(expect.arrayContaining(files));
    expect(listPaths(story, '.temporal-hbase/leases')).toEqual([]);
    story.old.state.fileSystem.nodes.delete(`${ROOT}/${path}`);
    await story.run('expireBackups', EXPIRY);
    expect(await listIds(story)).toEqual(backups.slice(2));
    await expectSound(story);
  });
});

describe('an expiry beside others', () => {
  it('waits for an export, which is whole afterwards, and names it meanwhile', async () => {
    const { story, backups } = await threeBackups();
    const { simulator, clock, settle } = story;
    const backup = simulator.start('backUpTables', { workflowId: 'nightly', input: { ...PLACE, tables: ['shop:*'] } });
    await clock.runUntil(() => listPaths(story, '.temporal-hbase/leases').length > 0);
    const expiry = simulator.start('expireBackups', { workflowId: 'expiry', input: EXPIRY });
    await clock.runUntil(() => backup.outcome() !== undefined || expiry.outcome() !== undefined);
    expect(expiry.outcome()).toBeUndefined();
    expect(await settle(expiry.query('status'))).toMatchObject({ phase: 'waiting-for-root' });
    await settle(expiry.result());
    expect(await listIds(story)).toEqual([backups[2], expect.any(String)]);
    await expectSound(story);
  });

  it('makes a backup wait that is started in its grace period', async () => {
    const { story } = await threeBackups();
    const { settle } = story;
    const expiry = await startUntilGrace(story);
    const backup = story.simulator.start('backUpTables', {
      workflowId: 'n',
      input: { ...PLACE, tables: ['shop:*'], set: 'shop' },
    });
    await settle(expiry.result());
    expect(backup.outcome()).toBeUndefined();
    await settle(backup.result());
    expect(await listIds(story)).toHaveLength(2);
    await expectSound(story);
  });

  it('puts back what an export without a lease has found there, and deletes the rest', async () => {
    const { story, backups } = await threeBackups();
    const expiry = await startUntilGrace(story);
    const { nodes } = story.old.state.fileSystem;
    const [moved, manifest] = findInTrash(story);
    const needed = manifest.files[0]!.path;
    nodes.set(`${ROOT}/.hbase-snapshot/.tmp/theirs/data.manifest`, {
      content: '',
      bytes: 1,
      modifiedMs: 0,
      payload: { ...manifest, name: 'theirs', files: [manifest.files[0]] },
    });
    const report = (await story.settle(expiry.result())) as ExpiryReport;
    expect(report).toMatchObject({ putBack: 1, expired: backups.slice(0, 2) });
    expect(moved).toContain(needed);
    expect(nodes.has(`${ROOT}${needed}`)).toBe(true);
    expect(listPaths(story, '.temporal-hbase/trash')).toEqual([]);
  });

  it('puts back a backup that somebody keeps in its grace period', async () => {
    const { story, backups } = await threeBackups();
    const expiry = await startUntilGrace(story);
    await story.run('keepBackup', { ...PLACE, backup: backups[0], by: 'ann', reason: 'audit' });
    const report = (await story.settle(expiry.result())) as ExpiryReport;
    expect(report.expired).toEqual([backups[1]]);
    expect(await listIds(story)).toEqual([backups[0], backups[2]]);
    await expectSound(story);
  });

  it('leaves a backup that was let go too late to the next expiry', async () => {
    const { story, backups } = await threeBackups();
    const [first = ''] = backups;
    await append(story, first, { kind: 'expire', reason: 'by the test' });
    await story.run('keepBackup', { ...PLACE, backup: first, by: 'ann', reason: 'audit' });
    const expiry = await startUntilGrace(story);
    await story.run('keepBackup', { ...PLACE, backup: first, by: 'ann' });
    expect(await story.settle(expiry.result())).toMatchObject({ expired: [backups[1]] });
    expect(await listIds(story)).toEqual([first, backups[2]]);
    await story.run('expireBackups', EXPIRY);
    expect(await listIds(story)).toEqual([backups[2]]);
    await expectSound(story);
  });
});

const DRILL = {
  result: 'equal',
  cluster: 'new',
  startedAt: '2026-01-01T00:00:00Z',
  restoreMs: 1,
  bytes: 1,
  differences: [],
} as const;

function append(story: BackupStory, id: string, event: Record<string, unknown>): Promise<unknown> {
  const at = new Date(story.clock.nowMs()).toISOString();
  return story.settle(story.catalogue.appendEvent(id, { at, by: 'test', ...event } as BackupEvent));
}

async function expectSound(story: BackupStory): Promise<void> {
  expect([...(await findBroken(story)), ...(await findLeft(story))]).toEqual([]);
}

function listPaths({ old }: BackupStory, folder = ''): string[] {
  return [...old.state.fileSystem.nodes.keys()].filter((path) => path.startsWith(`${ROOT}/${folder}`));
}

/** Everything is in the trash, and nothing happens for ten minutes. */
async function startUntilGrace({ simulator, clock, ...story }: BackupStory) {
  const handle = simulator.start('expireBackups', { workflowId: 'expiry', input: EXPIRY });
  await clock.runUntil(() => listPaths({ simulator, clock, ...story }, '.temporal-hbase/trash').length > 0);
  await clock.runFor(30_000);
  return handle;
}

/** HFiles as manifests name them, and one of the manifests. */
function findInTrash(story: BackupStory): [files: string[], manifest: Manifest] {
  const paths = listPaths(story, '.temporal-hbase/trash');
  const files = paths.filter((path) => path.includes('/archive/')).map((path) => path.slice(path.indexOf('/archive/')));
  const { nodes } = story.old.state.fileSystem;
  const manifests = paths.flatMap((path) =>
    path.endsWith('data.manifest') ? [nodes.get(path)!.payload as Manifest] : [],
  );
  return [files, manifests.find((one) => one.files.some(({ path }) => files.includes(path)))!];
}

describe.each(['killed', 'terminated'] as const)('an expiry whose worker is %s', (accident) => {
  it('before any change in the root loses nothing, and the next one leaves nothing', async () => {
    let isReached = true;
    for (let at = 1; isReached; at += 1) {
      const { story, backups } = await threeBackups(at);
      let changes = 0;
      const handle = story.simulator.start('expireBackups', { workflowId: 'expiry', input: EXPIRY });
      story.workers.onCall = (call) => {
        if (!isInRoot(call) || (changes += 1) !== at) return;
        if (accident === 'terminated') handle.terminate();
        story.workers.kill(20_000);
      };
      await story.settle(handle.result().catch(() => {}));
      isReached = changes >= at;
      story.workers.onCall = undefined;
      if (accident === 'terminated') await goOn(story, at);
      expect([at, ...(await findBroken(story)), ...(await findLeft(story))]).toEqual([at]);
      expect(await listIds(story)).toEqual(backups.slice(2));
      story.clock.stop();
    }
  });
});

async function goOn(story: BackupStory, at: number): Promise<void> {
  await story.clock.runFor(60_000);
  expect([at, ...(await findBroken(story))]).toEqual([at]);
  const runs = await story.run<{ run: { runId: string } }[]>('findLeaks', {});
  for (const { run } of runs) await story.run('cleanRun', { runId: run.runId });
  await story.run('expireBackups', EXPIRY);
}
