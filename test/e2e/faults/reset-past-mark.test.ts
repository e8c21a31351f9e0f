import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { expect, test } from 'vitest';
import { loadTables } from '../../../sandbox/index.ts';
import { newNamespace, openClusters } from '../hbase/open-clusters.ts';
import { ACCEPTED, approveWhenReady, openSharedBench, waitForStatus, type Bench } from '../support.ts';

/** Values of the server's enum ResetReapplyExcludeType: neither signals nor updates come again. */
const NOTHING_AGAIN = [1, 2];

/** What the Web UI's Reset does when the task before the approval is chosen. */
async function resetToBeforeApproval({ workflow, workflowService }: Client, workflowId: string): Promise<void> {
  const { events } = await workflow.getHandle(workflowId).fetchHistory();
  const approvedAt = events!.findIndex(
    ({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) =>
      accepted?.acceptedRequest?.input?.name === 'approveCutover',
  );
  const tasks = events!.slice(0, approvedAt - 1).filter((event) => event.workflowTaskCompletedEventAttributes);
  await workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    reason: 'a person wants the approval back',
    workflowTaskFinishEventId: tasks.at(-1)!.eventId!,
    requestId: randomUUID(),
    resetReapplyExcludeTypes: NOTHING_AGAIN,
  });
}

const untilClients = (bench: Bench, workflowId: string) =>
  waitForStatus(bench, workflowId, {
    what: 'the blocker `clients`',
    is: ({ blockers }) => blockers.some(({ code }) => code === 'clients'),
  });

test('a run that is reset past its mark, then cancelled: the table that clients write to stays, and it completes', async () => {
  const namespace = newNamespace();
  const table = `${namespace}:t`;
  await using bench = await openSharedBench();
  await using clusters = openClusters(bench.sandbox.clustersFile);
  await loadTables(bench.sandbox.clusters.old, [{ name: table, regions: 2, rows: 200 }]);
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: [table],
    name: `reset-${namespace}`,
    acceptWarnings: ACCEPTED,
  });
  await approveWhenReady(bench, workflowId);
  await untilClients(bench, workflowId);
  const target = clusters.cluster('new');
  const family = (await target.readTable(table))?.families[0]?.name ?? '';
  await target.putRow(table, { row: '616263', family, qualifier: '71', value: '01' });

  await resetToBeforeApproval(bench.temporal, workflowId);
  await waitForStatus(bench, workflowId, { what: 'the gate again', is: ({ canCutOver }) => canCutOver });
  expect(await bench.hbase.cancelMigration(workflowId, { by: 'test', dropTargetTables: true })).toContain('cancelling');
  await untilClients(bench, workflowId);
  expect(await target.readTable(table)).toMatchObject({ enabled: true, readOnly: false });
  await bench.hbase.clientsSwitched(workflowId, 'test');
  const report = await bench.hbase.waitForMigration(workflowId);
  expect(report).toMatchObject({ phase: 'done', leaks: [], cutovers: [{ epoch: 1, outcome: 'cut-over' }] });
  expect(await target.hasRows(table)).toBe(true);
  expect((await clusters.cluster('old').readTable(table))?.readOnly).toBe(true);
  expect(await bench.hbase.findLeaks(report.runId)).toEqual([]);
});
