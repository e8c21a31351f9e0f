import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadAgentScript } from '../../../activities/hbase/agent-script.ts';
import { JRUBY } from '../../../activities/hbase/jruby.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { ACCEPTED, approveWhenReady, openSharedBench, sharedSandbox, startTraffic, waitForStatus } from '../support.ts';
import { holdLock } from './hold-lock.ts';
import { newNamespace, type OpenedClusters, openClusters, withNamespace } from './open-clusters.ts';

let opened: OpenedClusters;

beforeAll(() => {
  opened = openClusters(sharedSandbox().clustersFile);
});

afterAll(() => opened[Symbol.asyncDispose]());

describe.each(['old', 'new'])('a fence that is queued behind a lock, on %s', (name) => {
  test('is no longer than its unfence: the table is writable once the lock is gone, and stays so', async () => {
    const [cluster, gateway] = [opened.cluster(name), opened.gateway(name)];
    await withTable(name, async ({ table, markPath }) => {
      const lock = await holdLock(gateway, table);
      const [busy] = await cluster.readTableLocks([table]);
      expect(busy?.waitsFor.join()).toMatch(/LockProcedure \d+ of \w+ \(somebody else\) holds its lock/);

      const fence = () => cluster.alterTable(table, { readOnly: true }, { markPath });
      const fences = [fence()];
      await waitUntil(async () => (await countQueuedFences(name, table)) > 0 || undefined, {
        what: 'the queued fence',
        timeoutMs: 60_000,
      });
      // More attempts than an agent once had threads: none of them may hold up the mark or the unfence.
      fences.push(...Array.from({ length: 20 }, fence));
      await cluster.files.create(markPath, toMark());
      expect(await cluster.readTable(table)).toMatchObject({ readOnly: false });
      const back = cluster.giveBack(table, { readOnly: false, enable: false });
      await waitUntil(async () => (await countQueuedFences(name, table, 'false')) > 0 || undefined, {
        what: 'the queued unfence',
        timeoutMs: 60_000,
      });
      expect(await countQueuedFences(name, table)).toBe(1);
      await lock.release();
      await Promise.all([back, Promise.allSettled(fences)]);
      expect(await cluster.probeFence(table)).toMatchObject({ rejected: 0, unknown: [] });
      expect(await cluster.readTable(table)).toMatchObject({ readOnly: false });
      expect(await cluster.readTableLocks([table])).toEqual([{ table, waitsFor: [] }]);
    });
  });

  test('the guard lifts it, though it finds the table writable at its deadline', async () => {
    const [cluster, gateway] = [opened.cluster(name), opened.gateway(name)];
    await withTable(name, async ({ table, markPath, folder }) => {
      const guard = await startGuard(name, { table, markPath, folder });
      const lock = await holdLock(gateway, table);
      const fence = cluster.alterTable(table, { readOnly: true }, { markPath });
      await waitUntil(async () => (await countQueuedFences(name, table, 'false')) > 0 || undefined, {
        what: "the guard's unfence in the queue",
        timeoutMs: 60_000,
      });
      await lock.release();
      expect(await guard.exit).toMatchObject({ exitCode: 3 });
      await Promise.allSettled([fence]);
      expect(await cluster.probeFence(table)).toMatchObject({ rejected: 0, unknown: [] });
      expect(await cluster.readTable(table)).toMatchObject({ readOnly: false });
    });
  });
});

test('a table lock at the cutover: refused by its holder with the writer undisturbed, and cut over once it is gone', async () => {
  const namespace = newNamespace();
  const table = `${namespace}:t`;
  await using bench = await openSharedBench();
  await using writer = await startTraffic(bench, [{ name: table, regions: 2, rows: 200 }], { name: namespace });
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: [table],
    name: namespace,
    cutover: { switchClients: 'switch-writers' },
    acceptWarnings: ACCEPTED,
  });
  await waitForStatus(bench, workflowId, { what: 'the gate', is: ({ canCutOver }) => canCutOver });
  const lock = await holdLock(opened.gateway('old'), table);
  // Regions that reopened for the replication scope may have refused writes before.
  const { refused: before } = await writer.readCounts();
  await approveWhenReady(bench, workflowId);
  const refused = await waitForStatus(bench, workflowId, {
    what: 'the refused cutover',
    is: ({ cutovers, phase }) => cutovers[0]?.outcome !== undefined && phase === 'awaiting-approval',
  });
  expect(refused.cutovers[0]?.failure?.message).toMatch(/LockProcedure .* holds its lock.*Nothing was fenced/);
  expect((await writer.readCounts()).refused).toBe(before);
  await lock.release();
  await approveWhenReady(bench, workflowId);
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.stop();
  expect(report).toMatchObject({ phase: 'done', leaks: [] });
  expect(await writer.check(bench.sandbox.clusters.new)).toMatchObject({ lost: [], resurrected: [] });
});

interface Place {
  table: string;
  markPath: string;
  folder: string;
}

async function withTable(name: string, work: (place: Place) => Promise<void>): Promise<void> {
  const cluster = opened.cluster(name);
  await withNamespace(cluster, newNamespace(), async (namespace) => {
    const [table, folder] = [`${namespace}:a`, `/tmp/queued-${namespace}`];
    await cluster.createTable({ table, families: [{ name: 'a' }], splitKeys: ['80'] });
    await work({ table, folder, markPath: `${folder}/mark-1.json` });
    await cluster.files.remove(folder, { recursive: true });
  });
}

async function startGuard(name: string, { table, markPath, folder }: Place) {
  const gateway = opened.gateway(name);
  const script = loadAgentScript('guard');
  const paths = { script: `${folder}/${script.fileName}`, settings: `${folder}/settings.json` };
  const tables = [{ table, fence: 'readonly', readOnlyBefore: false }];
  const settings = JSON.stringify({ runId: 'r1', epoch: 1, markPath, deadlineMs: 15_000, tables });
  await gateway.upload({ path: paths.script, content: script.content, mode: 0o600 });
  await gateway.upload({ path: paths.settings, content: settings, mode: 0o600 });
  const channel = await gateway.open([gateway.cluster.programs.hbase, ...JRUBY, paths.script, paths.settings]);
  let printed = '';
  channel.stdout.on('data', (data: Buffer) => (printed += data.toString()));
  channel.stderr.on('data', (data: Buffer) => (printed += data.toString()));
  await waitUntil(() => printed.includes('GUARD READY 1') || undefined, {
    what: 'the guard',
    timeoutMs: 120_000,
    describe: () => printed.slice(-2_000),
  });
  return channel;
}

const COUNT = `
table, wanted = ARGV
json = org.apache.hadoop.hbase.client.ConnectionFactory.createConnection.getAdmin.getProcedures.to_s
marks = [table.split(':')[1]].pack('m0')
queued = json.split('{"className":').select { |p| p =~ /ModifyTableProcedure/ && p =~ /"state":"RUNNABLE"/ && p.include?(marks) }
read_only = queued.map { |p| (p.split('"modifiedTableSchema"')[1].to_s.include?(['READONLY'].pack('m0') + '","second":"' + ['true'].pack('m0'))).to_s }
puts "COUNT #{read_only.count(wanted)}"
java.lang.Runtime.getRuntime.halt(0)
`;

/** By the master's own words, not by the verb that is tested. */
async function countQueuedFences(name: string, table: string, readOnly = 'true'): Promise<number> {
  const gateway = opened.gateway(name);
  const argv = [gateway.cluster.programs.hbase, ...JRUBY, '-e', COUNT, table, readOnly];
  const { stdout } = await gateway.exec(argv, { timeoutMs: 60_000 });
  return Number(/COUNT (\d+)/.exec(stdout)?.[1]);
}

function toMark(): string {
  return JSON.stringify({ decision: 'unfence', by: 'test', at: new Date().toISOString() });
}
