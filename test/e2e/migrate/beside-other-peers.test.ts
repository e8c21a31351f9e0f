import { expect, test } from 'vitest';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import { hasOnlyOpenWals } from '../../../activities/steps/proof/caught-up.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { ACCEPTED, approveWhenReady, openSharedBench, startTraffic } from '../support.ts';
import { newNamespace, openClusters, withNamespace } from '../hbase/open-clusters.ts';
import { runShell } from './run-shell.ts';

const WAVE = 'beside:t';
/** In namespace default, where the marker table would be. */
const DEFAULT_TABLE = `other_${newNamespace()}`;

/**
 * Three peers that are not ours: all tables and namespace `default` from the source, all tables back from the target.
 * One of them is disabled through the whole migration, since whoever enables it later must not find anything of ours.
 */
test('a migration beside other replication: goes through without a table of its own, and every other write arrives', async () => {
  await using bench = await openSharedBench();
  await using opened = openClusters(bench.sandbox.clustersFile);
  const [old, target] = [opened.cluster('old'), opened.cluster('new')];
  const namespace = newNamespace();
  const tables = { all: `${namespace}:all`, back: `${namespace}:back`, byNamespace: DEFAULT_TABLE };
  const onOld = (lines: string[]) => runShell(bench.sandbox.clusters.old, lines);
  const onNew = (lines: string[]) => runShell(bench.sandbox.clusters.new, lines);
  const [oldKey, newKey] = [(await old.readFacts()).clusterKey, (await target.readFacts()).clusterKey];
  await withNamespace(old, namespace, () =>
    withNamespace(target, namespace, async () => {
      for (const cluster of [old, target]) await createAll(cluster, Object.values(tables));
      await onOld([
        `add_peer 'all', CLUSTER_KEY => '${newKey}'`,
        `set_peer_exclude_tableCFs 'all', {'${WAVE}' => [], '${tables.byNamespace}' => []}`,
        `add_peer 'by_ns', CLUSTER_KEY => '${newKey}', NAMESPACES => ['default'], STATE => 'DISABLED'`,
      ]);
      await onNew([
        `add_peer 'back', CLUSTER_KEY => '${oldKey}'`,
        `set_peer_exclude_tableCFs 'back', {'${WAVE}' => []}`,
      ]);
      try {
        const ledgers = [
          startLedger(old, tables.all),
          startLedger(old, tables.byNamespace),
          startLedger(target, tables.back),
        ];
        await using writer = await startTraffic(bench, [{ name: WAVE, regions: 2, rows: 200 }], { name: 'beside' });
        const { workflowId } = await bench.hbase.startMigration({
          source: 'old',
          target: 'new',
          tables: [WAVE],
          name: 'beside-other-peers',
          cutover: { switchClients: 'switch-writers', maxWritePause: '60s' },
          acceptWarnings: ACCEPTED,
        });
        const ready = await approveWhenReady(bench, workflowId);
        expect(ready.findings.map(({ code }) => code)).toContain('marker.left-out');
        for (const cluster of [old, target]) expect((await cluster.listTables()).filter(isOurs)).toEqual([]);
        const report = await bench.hbase.waitForMigration(workflowId);
        await writer.stop();
        expect(report).toMatchObject({ phase: 'done', leaks: [] });
        expect(await writer.check(bench.sandbox.clusters.new)).toMatchObject({ lost: [], resurrected: [] });

        await old.enablePeer('by_ns');
        const [all = [], byNamespace = [], back = []] = await Promise.all(ledgers.map((ledger) => ledger.stop()));
        expect(Math.min(all.length, byNamespace.length, back.length)).toBeGreaterThan(10);
        await waitForRows(target, tables.all, all);
        await waitForRows(target, tables.byNamespace, byNamespace);
        await waitForRows(old, tables.back, back);
        for (const id of ['all', 'by_ns']) await waitUntilDrained(old, id);
        await waitUntilDrained(target, 'back');
      } finally {
        await onOld(["remove_peer 'all'", "remove_peer 'by_ns'"]);
        await onNew(["remove_peer 'back'"]);
        for (const cluster of [old, target]) await drop(cluster, tables.byNamespace);
      }
    }),
  );
});

const isOurs = (table: string): boolean => table.includes('thb_');

async function createAll(cluster: HBaseCluster, tables: string[]): Promise<void> {
  for (const table of tables)
    await cluster.createTable({ table, families: [{ name: 'f', scope: 1 }], splitKeys: ['80'] });
}

async function drop(cluster: HBaseCluster, table: string): Promise<void> {
  await cluster.disableTable(table);
  await cluster.deleteTable(table);
}

/** Puts row after row until it is stopped, and answers those that were acknowledged. */
function startLedger(cluster: HBaseCluster, table: string): { stop(): Promise<string[]> } {
  const acknowledged: string[] = [];
  const stopping = new AbortController();
  const write = async (): Promise<void> => {
    for (let i = 0; !stopping.signal.aborted; i += 1) {
      const row = Buffer.from([(i * 37) % 256, i >> 16, i >> 8, i]).toString('hex');
      await cluster.putRow(table, { row, family: 'f', qualifier: 'q', value: '01' });
      acknowledged.push(row);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const done = write();
  return {
    stop: async () => {
      stopping.abort();
      await done;
      return acknowledged;
    },
  };
}

async function waitForRows(cluster: HBaseCluster, table: string, rows: string[]): Promise<void> {
  let missing = rows;
  await waitUntil(
    async () => {
      const found = await Promise.all(missing.slice(0, 500).map((row) => cluster.readRow(table, row)));
      missing = missing.filter((_row, at) => at >= found.length || found[at] === undefined);
      return missing.length === 0 || undefined;
    },
    {
      what: `${rows.length} rows of ${table} on ${cluster.name}`,
      timeoutMs: 90_000,
      pollMs: 500,
      describe: () => `${missing.length} are missing`,
    },
  );
}

async function waitUntilDrained(cluster: HBaseCluster, id: string): Promise<void> {
  await cluster.rollWals();
  let last: unknown;
  await waitUntil(
    async () => {
      const queues = await cluster.readPeerQueues(id);
      last = queues.queues;
      return hasOnlyOpenWals(queues) || undefined;
    },
    {
      what: `peer ${id} of ${cluster.name} drained`,
      timeoutMs: 90_000,
      pollMs: 500,
      describe: () => JSON.stringify(last),
    },
  );
}
