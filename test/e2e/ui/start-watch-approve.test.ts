import { expect, test } from 'vitest';
import { newNamespace } from '../hbase/open-clusters.ts';
import { openSharedBench, startTraffic, waitForStatus } from '../support.ts';
import { WRITER_FAMILIES } from '../../../sandbox/index.ts';
import type { MigrateTablesInput } from '../../../workflows/contract/requests/migrate-tables.ts';
import { WebUi } from './web-ui.ts';
import { withScreenshot } from './with-screenshot.ts';

test('Web UI: started without an input, a migration ends at once and shows one to paste', async () => {
  await using bench = await openSharedBench();
  await using ui = await WebUi.open(bench.sandbox.uiUrl);
  await withScreenshot(ui, async () => {
    const workflowId = `ui-empty-${newNamespace()}`;
    await ui.startWorkflow({ workflowType: 'migrateTables', taskQueue: bench.taskQueue, workflowId });
    await expect(bench.hbase.waitForMigration(workflowId)).rejects.toThrow();
    await ui.openWorkflow(workflowId);
    await ui.waitForState('Failed');
    // As JSON, in which the example's own quotes are escaped.
    await ui.waitForText(/paste this and change it:.*\\"source\\": \\"old\\"/s);
  });
});

test('Web UI: a wave under a live writer is started, approved and seen complete there; nothing is lost or left', async () => {
  await using bench = await openSharedBench();
  const namespace = newNamespace();
  const tables = [
    { name: `${namespace}:wide`, regions: 20, rows: 2_000 },
    { name: `${namespace}:orders`, regions: 2, rows: 500, families: [...WRITER_FAMILIES] },
  ];
  await using writer = await startTraffic(bench, tables, { name: namespace });
  const input: MigrateTablesInput = {
    source: 'old',
    target: 'new',
    tables: [`${namespace}:*`],
    cutover: { switchClients: 'switch-writers' },
    acceptWarnings: ['bug.HBASE-29987'],
  };
  await using ui = await WebUi.open(bench.sandbox.uiUrl);
  await withScreenshot(ui, async () => {
    const workflowId = `ui-${namespace}`;
    const start = { workflowType: 'migrateTables', taskQueue: bench.taskQueue, workflowId };
    await ui.startWorkflow({ ...start, input: JSON.stringify(input) });
    const { evidenceDigest } = await waitForStatus(bench, workflowId, {
      what: `${workflowId} at the gate`,
      is: ({ canCutOver }) => canCutOver,
    });
    await ui.openWorkflow(workflowId);
    const details = await ui.readCurrentDetails();
    expect(details).toContain('awaiting approval');
    expect(details).toContain(`{"by": "your name", "digest": "${evidenceDigest}"}`);
    expect(details).toContain(`${namespace}:orders verified`);

    await ui.sendSignal('approveCutover', JSON.stringify({ by: 'a browser', digest: evidenceDigest }));
    const report = await bench.hbase.waitForMigration(workflowId);
    expect(report).toMatchObject({ phase: 'done', leaks: [] });
    expect(report.tables.map(({ phase }) => phase)).toEqual(['cut-over', 'cut-over']);
    expect(report.verifiedCells).toBeGreaterThan(5_000);
    expect(report.cutovers.at(-1)?.approvedBy).toBe('a browser');
    await ui.waitForState('Completed');
    await ui.openWorkflow(workflowId);
    expect(await ui.readCurrentDetails()).toMatch(/^done since /);
  });
  await writer.waitForAcknowledged(50);
  await writer.stop();
  const check = await writer.check(bench.sandbox.clusters.new);
  expect(check).toMatchObject({ lost: [], resurrected: [], unexpected: [] });
  expect(check.acknowledged).toBeGreaterThan(100);
  // Of anybody: this file comes late, and not every test before it looks for what it left.
  expect(await bench.hbase.findLeaks()).toEqual([]);
});
