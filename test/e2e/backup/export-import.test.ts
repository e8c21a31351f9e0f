import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import type { ExportOverview, ExportReport, ImportReport } from '../../../workflows/contract/backup/export.ts';
import { newNamespace, openClusters, type OpenedClusters } from '../hbase/open-clusters.ts';
import { type Bench, openSharedBench, sharedSandbox } from '../support.ts';

let opened: OpenedClusters;
beforeAll(() => {
  opened = openClusters(sharedSandbox().clustersFile);
});
afterAll(() => opened[Symbol.asyncDispose]());

const ROOT = 'backups';
const ROWS = 60;
/** What an export keeps back of the slowest clock, and a little. */
const KEPT_BACK_MS = 2_100;

function execute<T>({ temporal, taskQueue }: Bench, type: string, request: object): Promise<T> {
  const workflowId = `${type}-${newNamespace()}`;
  return temporal.workflow.execute(type, { taskQueue, workflowId, args: [{ root: ROOT, ...request }] });
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

async function put(cluster: HBaseCluster, table: string, rows: readonly string[]): Promise<void> {
  const cell = { family: 'a', qualifier: 'q' };
  await Promise.all(rows.map((row) => cluster.putRow(table, { ...cell, row: hex(row), value: hex(`new ${row}`) })));
}

/** What only a client of HBase may do. */
async function deleteAndPutBack(table: string, { gone, old }: { gone: string; old: string }, timestampMs: number) {
  const gateway = opened.gateway('old');
  const script = [
    'require "java"',
    'C = Java::OrgApacheHadoopHbaseClient',
    'def b(text) text.to_java_bytes end',
    'connection = C::ConnectionFactory.createConnection(Java::OrgApacheHadoopHbase::HBaseConfiguration.create)',
    `t = connection.getTable(Java::OrgApacheHadoopHbase::TableName.valueOf('${table}'))`,
    `t.delete(C::Delete.new(b('${gone}')).addColumns(b('a'), b('q')))`,
    `t.put(C::Put.new(b('${old}')).addColumn(b('a'), b('q'), ${timestampMs}, b('back-dated')))`,
    'connection.close',
    'puts "written"',
  ].join('\n');
  const argv = [gateway.cluster.programs.hbase, 'org.jruby.Main', '-'];
  const { exitCode, stdout, stderr } = await gateway.exec(argv, { stdin: script, timeoutMs: 120_000 });
  expect([exitCode, stdout, exitCode === 0 ? '' : stderr]).toEqual([0, expect.stringContaining('written'), '']);
}

/** Until an export's range reaches past everything that was written by now. */
async function letClocksGoOn(cluster: HBaseCluster): Promise<void> {
  const nowMs = Date.now();
  await waitUntil(
    async () => {
      const clocks = (await cluster.readClocks()).map(({ clockMs }) => clockMs);
      return Math.min(...clocks) - KEPT_BACK_MS > nowMs ? true : undefined;
    },
    { what: 'every server to report a later time', timeoutMs: 60_000 },
  );
}

test('a base and two increments come back on another cluster, but for what a time range cannot carry', async () => {
  const namespace = newNamespace();
  const again = `${namespace}again`;
  const [table, copy] = [`${namespace}:t`, `${again}:t`];
  await using bench = await openSharedBench();
  const [source, target] = [opened.cluster('old'), opened.cluster('new')];
  await source.createNamespace(namespace);
  await source.createTable({
    table,
    families: [{ name: 'a', maxVersions: 5, attributes: { COMPRESSION: 'GZ', BLOOMFILTER: 'ROWCOL' } }, { name: 'b' }],
    splitKeys: ['r-20', 'r-40'].map(hex),
    attributes: { 'hbase.hstore.time.to.purge.deletes': '3600000', MAX_FILESIZE: '2000000000' },
  });
  await put(
    source,
    table,
    Array.from({ length: ROWS }, (_, index) => `r-${index + 10}`),
  );
  const request = { cluster: 'old', tables: [`${namespace}:*`], chain: namespace, raw: true, allowOtherCluster: true };

  await letClocksGoOn(source);
  const base = await execute<ExportReport>(bench, 'exportTables', request);
  expect(base).toMatchObject({ number: 1, kind: 'base', fromMs: 0, rows: ROWS, files: 3 });

  await deleteAndPutBack(table, { gone: 'r-18', old: 'x-old' }, base.toMs - 60_000);
  await put(source, table, ['x-new', 'r-17']);
  await letClocksGoOn(source);
  const second = await execute<ExportReport>(bench, 'exportTables', request);
  expect(second).toMatchObject({ number: 2, kind: 'increment', fromMs: base.toMs, rows: 3 });
  expect(second.warnings.map(({ code }) => code)).toContain('export.back-dated');

  await put(source, table, ['x-new', 'x-newer']);
  await letClocksGoOn(source);
  const third = await execute<ExportReport>(bench, 'exportTables', request);
  expect(third).toMatchObject({ number: 3, fromMs: second.toMs, rows: 2 });

  const imported = await execute<ImportReport>(bench, 'importTables', {
    cluster: 'new',
    chain: namespace,
    as: { namespace: again },
  });
  expect(imported).toMatchObject({ upTo: third.id, exports: 3, rows: ROWS + 5 });
  expect(imported.tables).toEqual([{ table: copy, from: table, rows: ROWS + 5, created: true }]);
  const range = { startRow: '', stopRow: '' };
  const there = await source.digestRows({ table, range });
  const expected = there.filter(({ row }) => row !== hex('x-old'));
  // One row was deleted, two are new, and the back-dated one did not come along.
  expect([there.length, expected.length]).toEqual([ROWS + 2, ROWS + 1]);
  expect(await target.digestRows({ table: copy, range })).toEqual(expected);

  const [described, original] = [await target.readTable(copy), await source.readTable(table)];
  expect(described?.schemaDigest).toBe(original?.schemaDigest);
  expect(described?.attributes).toMatchObject({ MAX_FILESIZE: '2000000000' });
  const splits = async (cluster: HBaseCluster, name: string) =>
    (await cluster.listRegions(name)).map(({ startKey }) => startKey);
  expect(await splits(target, copy)).toEqual(await splits(source, table));

  const { chains } = await execute<ExportOverview>(bench, 'listExports', { cluster: 'new', chain: namespace });
  expect(chains).toMatchObject([{ chain: namespace, exports: [{ id: base.id }, {}, { id: third.id }], damaged: [] }]);
  expect(await bench.findNewLeaks()).toEqual([]);
});
