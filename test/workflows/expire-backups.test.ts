import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { CatalogueSummary, ExpiryReport } from '../../workflows/contract/backup/step-data.ts';
import type { OperationStatus } from '../../workflows/contract/backup/status.ts';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import { waitUntil } from '../support/wait-until.ts';
import { backUp, holdAt, listLeft, PLACE, runIdOf, write } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure } from './smoke-harness.ts';

const test = inOrder.concurrent;

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const EXPIRY = { ...PLACE, keep: { last: 1 } };

async function twoBackups(site: Site): Promise<string[]> {
  await site.addTables(['shop:a', 'shop:b']);
  const first = await backUp(site);
  write(site.source, 'shop:a', ['10', '00']);
  return [first, await backUp(site)];
}

async function listIds({ run }: Site): Promise<string[]> {
  return (await run<CatalogueSummary>('listBackups', PLACE)).backups.map(({ id }) => id);
}

test('expiry: without input it fails at once with an example; with a wrong one it names every problem', async () => {
  await env.withWorld(async (site) => {
    const empty = await readFailure(await site.launch('expireBackups', undefined));
    expect(empty.type).toBe('request.invalid');
    expect(empty.message).toContain('"root": "backups"');
    const wrong = await readFailure(
      await site.launch('expireBackups', { ...PLACE, keep: {}, dryRun: true, colour: 1 }),
    );
    expect(wrong.type).toBe('request.invalid');
    expect(wrong.message).toMatch(/keep[\s\S]*colour|colour[\s\S]*keep/);
    const unknown = await readFailure(await site.launch('expireBackups', { ...EXPIRY, root: 'none' }));
    expect(unknown.message).toContain('known: staging, backups');
  });
});

test('expiry: what no rule holds goes', async () => {
  await env.withWorld(async (site) => {
    const [first, second] = await twoBackups(site);
    const handle = await site.launch('expireBackups', EXPIRY);
    const report = (await handle.result()) as unknown as ExpiryReport;
    expect(report).toMatchObject({ expired: [first], root: 'backups', dryRun: false });
    expect(await listIds(site)).toEqual([second]);
    expect(listLeft(site.source)).toEqual([]);
    expect(await handle.query<OperationStatus>('status')).toMatchObject({ operation: 'expiry', phase: 'done' });
  });
});

test('expiry: terminated while it moves, its lease goes with cleanRun, and the next one finishes it', async () => {
  await env.withWorld(async (site) => {
    const [first, second] = await twoBackups(site);
    const held = holdAt(site, { cluster: 'old', verb: 'files.move' });
    const handle = await site.launch('expireBackups', EXPIRY);
    await held.seen();
    const runId = await runIdOf(handle);
    await handle.terminate('by the test');
    held.release();
    expect(listLeft(site.source)).not.toEqual([]);
    const report = await site.run<CleanReport>('cleanRun', { runId });
    expect(report).toMatchObject({ outcome: 'undone', leaks: [] });
    // The attempt that was under way hears of the end with its next heartbeat, and finds its lease gone.
    await waitUntil('nothing is left', () => Promise.resolve(listLeft(site.source).length === 0), 30_000);
    expect(await site.run('expireBackups', EXPIRY)).toMatchObject({ expired: [first] });
    expect(await listIds(site)).toEqual([second]);
  });
});

test('expiry: cancelled it lets the root go, and the next one finishes it', async () => {
  await env.withWorld(async (site) => {
    const [first] = await twoBackups(site);
    const held = holdAt(site, { cluster: 'old', verb: 'listRoot' });
    const handle = await site.launch('expireBackups', EXPIRY);
    await held.seen();
    await handle.cancel();
    held.release();
    await expect(handle.result()).rejects.toThrow();
    expect(listLeft(site.source)).toEqual([]);
    expect(await site.run('expireBackups', EXPIRY)).toMatchObject({ expired: [first] });
  });
});
