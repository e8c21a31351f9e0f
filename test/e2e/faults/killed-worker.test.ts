import { expect, test } from 'vitest';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import type { MigrationPhase } from '../../../workflows/contract/status.ts';
import { newNamespace } from '../hbase/open-clusters.ts';
import { ACCEPTED, listRunningSteps, openBench, sharedSandbox, startTraffic, type Bench } from '../support.ts';

/** A moment: while one of these steps runs, or as soon as the run is past it. */
interface Moment {
  phase: MigrationPhase;
  steps: string[];
}

const MOMENTS: Moment[] = [
  { phase: 'preparing', steps: ['createMarkerTable', 'addPeer', 'waitForPeerQueues'] },
  { phase: 'preparing', steps: ['setReplicationScope'] },
  { phase: 'copying', steps: ['takeSnapshot'] },
  { phase: 'copying', steps: ['exportSnapshot'] },
  { phase: 'copying', steps: ['restoreTable'] },
  { phase: 'catching-up', steps: ['enablePeer', 'waitForCatchUp'] },
  { phase: 'verifying', steps: ['compareTable'] },
  { phase: 'cutting-over', steps: ['startFenceGuard'] },
  {
    phase: 'cutting-over',
    steps: ['fenceTables', 'proveDrained', 'compareInsideFence', 'openTarget', 'switchClients'],
  },
  { phase: 'completing', steps: ['settleNotes', 'auditLeaks'] },
];

const ORDER: MigrationPhase[] = [
  'planning',
  'claiming',
  'preparing',
  'copying',
  'catching-up',
  'verifying',
  'awaiting-approval',
  'cutting-over',
  'completing',
  'done',
];

/** Approves whenever the gate opens: a kill inside the fence may send the run back to it. */
async function waitForMoment(bench: Bench, workflowId: string, moment: Moment): Promise<void> {
  const approved = new Set<number>();
  await waitUntil(
    async () => {
      const status = await bench.hbase.readStatus(workflowId);
      if (status.canCutOver && status.evidenceDigest !== undefined && !approved.has(status.cutovers.length)) {
        approved.add(status.cutovers.length);
        await bench.hbase.approveCutover(workflowId, { by: 'test', digest: status.evidenceDigest });
      }
      if (ORDER.indexOf(status.phase) > ORDER.indexOf(moment.phase)) return true;
      const running = await listRunningSteps(bench, workflowId);
      return running.some((step) => moment.steps.includes(step)) ? true : undefined;
    },
    { what: `${moment.steps.join(' or ')} of ${workflowId}`, timeoutMs: 240_000, pollMs: 100 },
  );
}

test('a worker killed at ten moments: every run resumes by itself, nothing is lost and nothing starts twice', async () => {
  const namespace = newNamespace();
  await using bench = await openBench(sharedSandbox(), namespace);
  const table = { name: `${namespace}:t`, regions: 4, rows: 1_000 };
  await using writer = await startTraffic(bench, [table], { name: namespace, rate: 40 });
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: [table.name],
    name: `killed-worker-${namespace}`,
    // A restart takes seconds, and must fit into the fence.
    cutover: { switchClients: 'switch-writers', maxWritePause: '3m' },
    acceptWarnings: ACCEPTED,
  });
  for (const moment of MOMENTS) {
    await waitForMoment(bench, workflowId, moment);
    await bench.replaceWorker();
  }
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.stop();
  const check = await writer.check(bench.sandbox.clusters.new);

  expect(report).toMatchObject({ phase: 'done', leaks: [] });
  expect(check).toMatchObject({ lost: [], resurrected: [], unexpected: [] });
  expect(check.acknowledged).toBeGreaterThan(100);
  expect(await bench.hbase.findLeaks(report.runId)).toEqual([]);
});
