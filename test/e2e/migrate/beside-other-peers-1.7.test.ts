import path from 'node:path';
import { expect, test } from 'vitest';
import { JRUBY } from '../../../activities/hbase/jruby.ts';
import { startSandbox } from '../../../sandbox/index.ts';
import { runProgramOrFail } from '../../../sandbox/run-program.ts';
import { openClusters } from '../hbase/open-clusters.ts';
import { ACCEPTED, approveWhenReady, openBench, startTraffic } from '../support.ts';

const TABLE = 'beside:t';

/** On 1.x a peer knows no exclusions, and an idle source has nothing that makes it look past the end of a rolled WAL. */
test('a migration from 1.7.1 beside a disabled peer for all tables: the queues alone prove, also when nobody writes', async () => {
  await using sandbox = await startSandbox({ pair: '1.7.1:2.6.1', pinnedTemporal: true });
  await using bench = await openBench(sandbox.description, 'beside-line-one');
  await using writer = await startTraffic(bench, [{ name: TABLE, regions: 2, rows: 200 }], { name: 'beside' });
  await using opened = openClusters(bench.sandbox.clustersFile);
  await opened.cluster('old').alterTable(TABLE, { scopes: { a: 1, b: 1 } });
  await addPeerForAll(path.join(bench.sandbox.clusters.old.binDir, 'hbase'));
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: [TABLE],
    name: 'beside-line-one',
    cutover: { switchClients: 'switch-writers', maxWritePause: '60s' },
    acceptWarnings: ACCEPTED,
  });
  const ready = await approveWhenReady(bench, workflowId);
  expect(ready.findings.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['marker.left-out', 'peer.ships-table']),
  );
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.stop();
  expect(report).toMatchObject({ phase: 'done', leaks: [] });
  expect(await writer.check(bench.sandbox.clusters.new)).toMatchObject({ lost: [], resurrected: [] });
});

/** The sandbox has no shell of this line. */
async function addPeerForAll(hbase: string): Promise<void> {
  const script = [
    "require 'java'",
    'conf = Java::OrgApacheHadoopHbase::HBaseConfiguration.create',
    'admin = Java::OrgApacheHadoopHbaseClientReplication::ReplicationAdmin.new(conf)',
    'config = Java::OrgApacheHadoopHbaseReplication::ReplicationPeerConfig.new',
    "config.setClusterKey('localhost:1:/nowhere')",
    "admin.addPeer('all', config, nil)",
    "admin.disablePeer('all')",
  ].join('; ');
  await runProgramOrFail([hbase, ...JRUBY, '-e', script], { timeoutMs: 120_000 });
}
