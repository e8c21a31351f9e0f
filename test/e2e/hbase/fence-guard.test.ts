import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadAgentScript } from '../../../activities/hbase/agent-script.ts';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import { JRUBY } from '../../../activities/hbase/jruby.ts';
import type { FenceGuardSettings } from '../../../activities/jobs/jobs.ts';
import type { RemoteChannel } from '../../../activities/ssh/exec.ts';
import type { Gateway } from '../../../activities/ssh/gateway.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { sharedSandbox } from '../support.ts';
import { newNamespace, type OpenedClusters, openClusters, withNamespace } from './open-clusters.ts';

let opened: OpenedClusters;
let cluster: HBaseCluster;
let gateway: Gateway;
let folder: string;

beforeAll(() => {
  opened = openClusters(sharedSandbox().clustersFile);
  cluster = opened.cluster('old');
  gateway = opened.gateway('old');
});

beforeEach(() => {
  folder = `/tmp/guard-${newNamespace()}`;
});

afterAll(() => opened[Symbol.asyncDispose]());

describe('the fence guard', () => {
  test('ends without touching anything when the mark says cut-over', async () => {
    await withTables(async ([table]) => {
      const guard = await startGuard({ deadlineMs: 600_000, tables: [fenceOf(table)] });
      await cluster.alterTable(table, { readOnly: true }, guard);
      expect(await cluster.files.create(guard.markPath, toMark('cut-over'))).toBe(true);
      expect(await guard.exit).toMatchObject({ exitCode: 0 });
      expect((await cluster.readTable(table))?.readOnly).toBe(true);
    });
  });

  test('wins the mark at its deadline and gives every table back, a late fence notwithstanding', async () => {
    await withTables(async ([first, second]) => {
      const guard = await startGuard({
        deadlineMs: 20_000,
        tables: [fenceOf(first), { ...fenceOf(second), fence: 'disable' }],
        unfenceCommand: ['sh', '-c', 'echo undone by command'],
      });
      await cluster.alterTable(first, { readOnly: true }, guard);
      await cluster.alterTable(second, { readOnly: true }, guard);
      await cluster.disableTable(second, guard);
      expect(await guard.exit).toMatchObject({ exitCode: 3 });
      expect(guard.log()).toContain('undone by command');
      expect(JSON.parse((await cluster.files.read(guard.markPath)) ?? '')).toMatchObject({ decision: 'unfence' });
      for (const table of [first, second]) {
        expect(await cluster.probeFence(table)).toMatchObject({ rejected: 0, unknown: [] });
      }
      const late = cluster.alterTable(first, { readOnly: true }, guard);
      await expect(late).rejects.toMatchObject({ code: 'cutover.unfenced-by-guard' });
    });
  });

  test('obeys an unfence that somebody else has decided', async () => {
    await withTables(async ([table]) => {
      const guard = await startGuard({ deadlineMs: 600_000, tables: [fenceOf(table)] });
      await cluster.alterTable(table, { readOnly: true }, guard);
      await cluster.files.create(guard.markPath, toMark('unfence'));
      expect(await guard.exit).toMatchObject({ exitCode: 3 });
      expect(await cluster.probeFence(table)).toMatchObject({ rejected: 0, unknown: [] });
    });
  });
});

interface Guard {
  markPath: string;
  exit: RemoteChannel['exit'];
  log(): string;
}

async function startGuard(
  settings: Pick<FenceGuardSettings, 'deadlineMs' | 'tables' | 'unfenceCommand'>,
): Promise<Guard> {
  const markPath = `${folder}/mark-1.json`;
  const script = loadAgentScript('guard');
  const scriptPath = `${folder}/${script.fileName}`;
  await gateway.upload({ path: scriptPath, content: script.content, mode: 0o600 });
  const content = JSON.stringify({ runId: 'r1', epoch: 1, markPath, ...settings });
  await gateway.upload({ path: `${folder}/settings.json`, content, mode: 0o600 });
  const argv = [gateway.cluster.programs.hbase, ...JRUBY, scriptPath, `${folder}/settings.json`];
  const channel = await gateway.open(argv);
  let [out, trouble] = ['', ''];
  channel.stdout.on('data', (data: Buffer) => (out += data.toString()));
  channel.stderr.on('data', (data: Buffer) => (trouble = (trouble + data.toString()).slice(-2000)));
  await waitUntil(() => out.includes('GUARD READY 1') || undefined, {
    what: 'the guard',
    timeoutMs: 120_000,
    describe: () => out + trouble,
  });
  return { markPath, exit: channel.exit, log: () => out };
}

async function withTables(work: (tables: [string, string]) => Promise<void>): Promise<void> {
  await withNamespace(cluster, newNamespace(), async (namespace) => {
    const tables: [string, string] = [`${namespace}:a`, `${namespace}:b`];
    for (const table of tables) {
      await cluster.createTable({ table, families: [{ name: 'a' }], splitKeys: ['40', '80'] });
    }
    await work(tables);
    await cluster.files.remove(folder, { recursive: true });
    await gateway.exec(['rm', '-rf', '--', folder], { timeoutMs: 10_000 });
  });
}

function fenceOf(table: string): FenceGuardSettings['tables'][number] {
  return { table, fence: 'readonly', readOnlyBefore: false };
}

function toMark(decision: 'cut-over' | 'unfence'): string {
  return JSON.stringify({ decision, by: 'test', at: new Date().toISOString() });
}
