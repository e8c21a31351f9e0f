import { expect, test } from 'vitest';
import { openClusters } from '../hbase/open-clusters.ts';
import { ACCEPTED, approveWhenReady, openSharedBench, sharedSandbox, waitForStatus } from '../support.ts';
import { runShell } from './run-shell.ts';

/** Each on the target only, in a table of its own, and in no scan by the times of cells since the last proof. */
const ODD_WRITES = {
  'odd:deleted': "delete 'odd:deleted', 'row7', 'f:q'",
  'odd:backdated': "put 'odd:backdated', 'row7', 'f:q2', 'TAMPERED', 1000",
  'odd:reversed': "put 'odd:reversed', 'row7', 'f:q', 'TAMPERED', 9223370276854775807",
};
const TABLES = Object.keys(ODD_WRITES);

test('touched rows: a point delete, a back-dated put and a reversed time on the target are not cut over as proven', async () => {
  await using bench = await openSharedBench();
  await using opened = openClusters(sharedSandbox().clustersFile);
  const source = opened.cluster('old');
  await source.createNamespace('odd');
  for (const table of TABLES) {
    await source.createTable({ table, families: [{ name: 'f', maxVersions: 1 }], splitKeys: [] });
    const row = Buffer.from('row7').toString('hex');
    await source.putRow(table, { row, family: 'f', qualifier: 'q', value: '01' });
  }
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: TABLES,
    name: 'odd',
    verify: { fullInsideFenceCells: 0 },
    acceptWarnings: ACCEPTED,
  });
  const { runId } = await waitForStatus(bench, workflowId, { what: 'the gate', is: ({ canCutOver }) => canCutOver });
  for (const side of ['old', 'new']) {
    const ids = (await opened.cluster(side).listPeers()).map(({ id }) => id);
    expect(ids).toContain(`thb_${runId}_w1`);
  }
  await runShell(bench.sandbox.clusters.new, Object.values(ODD_WRITES));
  await approveWhenReady(bench, workflowId);
  const isBlocked = (blockers: { code: string; table?: string }[]): boolean =>
    TABLES.every((table) => blockers.some((blocker) => blocker.code === 'verification' && blocker.table === table));
  const status = await waitForStatus(bench, workflowId, {
    what: 'every table blocked',
    is: ({ blockers }) => isBlocked(blockers),
  });
  expect(status.tables.map(({ phase }) => phase)).toEqual(['mismatch', 'mismatch', 'mismatch']);

  await bench.hbase.cancelMigration(workflowId, { dropTargetTables: true });
  await expect(bench.hbase.waitForMigration(workflowId)).rejects.toMatchObject({ cause: { type: 'cancelled' } });
  expect(await bench.findNewLeaks()).toEqual([]);
  for (const table of TABLES) {
    await source.disableTable(table);
    await source.deleteTable(table);
  }
  await source.deleteNamespace('odd');
});
