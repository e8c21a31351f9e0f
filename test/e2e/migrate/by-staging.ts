import { expect } from 'vitest';
import { startSandbox, type HBasePair } from '../../../sandbox/index.ts';
import { ACCEPTED, approveWhenReady, openBench, startTraffic } from '../support.ts';

/** A table moves by the intermediate path under a live writer, on a sandbox of its own. */
export async function moveByStaging({ pair, fence }: { pair: HBasePair; fence: 'readonly' | 'disable' }) {
  await using sandbox = await startSandbox({ pair, pinnedTemporal: true });
  await using bench = await openBench(sandbox.description, 'pair');
  await using writer = await startTraffic(bench, [{ name: 'pair:t', regions: 3, rows: 300 }], { name: 'pair' });
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: ['pair:t'],
    name: 'pair',
    copy: { via: 'staging', staging: 'staging' },
    cutover: { switchClients: 'switch-writers', maxWritePause: '60s', fence },
    acceptWarnings: ACCEPTED,
  });
  await approveWhenReady(bench, workflowId);
  const report = await bench.hbase.waitForMigration(workflowId);
  await writer.stop();
  expect(report).toMatchObject({ phase: 'done', leaks: [] });
  expect(await writer.check(sandbox.clusters.new)).toMatchObject({ lost: [], resurrected: [], unexpected: [] });
}
