import { expect, test } from 'vitest';
import { startSandbox } from '../../../sandbox/index.ts';
import { ACCEPTED, approveWhenReady, listRunningSteps, openBench, startTraffic } from '../support.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';

const POLL = { timeoutMs: 180_000, pollMs: 100 };

test('migrateTables on YARN: a killed worker attaches to the application that went on', async () => {
  await using sandbox = await startSandbox({ yarn: true, pinnedTemporal: true });
  await using bench = await openBench(sandbox.description, 'yarn');
  await using writer = await startTraffic(bench, [{ name: 'yarn:t', regions: 3, rows: 300 }], { name: 'yarn' });
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: ['yarn:t'],
    name: 'yarn',
    cutover: { switchClients: 'switch-writers', maxWritePause: '60s' },
    acceptWarnings: ACCEPTED,
  });
  const isCopying = async () =>
    (await listRunningSteps(bench, workflowId)).includes('exportSnapshot') ? true : undefined;
  await waitUntil(isCopying, { what: 'the export', ...POLL });
  await bench.killWorker();
  await bench.startWorker();
  await approveWhenReady(bench, workflowId);
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.stop();
  expect(report).toMatchObject({ phase: 'done', leaks: [] });
  expect(report.tables.map(({ attempts }) => attempts)).toEqual([1]);
  expect(await writer.check(sandbox.description.clusters.new)).toMatchObject({ lost: [], resurrected: [] });
});
