import { expect, test } from 'vitest';
import { ACCEPTED, approveWhenReady, openBench, sharedSandbox, startTraffic } from '../support.ts';
import { WRITER_FAMILIES } from '../../../sandbox/index.ts';

test('migrateTables: moves a wave under a live writer, loses nothing and leaves nothing', async () => {
  await using bench = await openBench(sharedSandbox(), 'default');
  const tables = [
    { name: 'wave:wide', regions: 20, rows: 2_000 },
    { name: 'wave:busy', regions: 2, rows: 500, families: [...WRITER_FAMILIES] },
  ];
  await using writer = await startTraffic(bench, tables, { name: 'default' });
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: ['wave:*'],
    name: 'default-pair',
    cutover: { switchClients: 'switch-writers' },
    acceptWarnings: ACCEPTED,
  });
  await approveWhenReady(bench, workflowId);
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.waitForAcknowledged(50);
  await writer.stop();
  const check = await writer.check(bench.sandbox.clusters.new);

  expect(report.phase).toBe('done');
  expect(report.leaks).toEqual([]);
  expect(report.tables.map(({ phase }) => phase)).toEqual(['cut-over', 'cut-over']);
  expect(report.verifiedCells).toBeGreaterThan(5_000);
  expect(check).toMatchObject({ lost: [], resurrected: [], unexpected: [] });
  expect(check.acknowledged).toBeGreaterThan(100);
  // Of anybody: this file comes late, and not every test before it looks for what it left.
  expect(await bench.hbase.findLeaks()).toEqual([]);
});
