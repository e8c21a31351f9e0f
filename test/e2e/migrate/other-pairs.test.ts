import { expect, test } from 'vitest';
import { startSandbox, type HBasePair } from '../../../sandbox/index.ts';
import { approveWhenReady, openBench, startTraffic } from '../support.ts';

/** Warnings differ by source line: each is a bug that its version really has. */
const PAIRS: { pair: HBasePair; fence: 'readonly' | 'disable'; accepts: string[] }[] = [
  { pair: '2.6.1:2.6.1', fence: 'readonly', accepts: ['bug.HBASE-29987'] },
  { pair: '1.7.1:2.6.1', fence: 'disable', accepts: ['bug.HBASE-29987'] },
];

test.each(PAIRS)(
  'migrateTables: $pair moves a table by the intermediate path under a live writer, fence $fence',
  async ({ pair, fence, accepts }) => {
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
      acceptWarnings: accepts,
    });
    await approveWhenReady(bench, workflowId);
    const report = await bench.hbase.waitForMigration(workflowId);
    await writer.stop();
    expect(report).toMatchObject({ phase: 'done', leaks: [] });
    expect(await writer.check(sandbox.clusters.new)).toMatchObject({ lost: [], resurrected: [], unexpected: [] });
  },
);
