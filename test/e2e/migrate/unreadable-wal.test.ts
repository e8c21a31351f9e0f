import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { JRUBY } from '../../../activities/hbase/jruby.ts';
import { loadTables } from '../../../sandbox/index.ts';
import { runProgramOrFail } from '../../../sandbox/run-program.ts';
import { ACCEPTED, approveWhenReady, openSharedBench, waitForStatus, type Bench } from '../support.ts';

const SCRIPT = fileURLToPath(new URL('break-wals.rb', import.meta.url));
const TABLE = 'badwal:t';

test('watch: a bulk load behind a WAL that nobody can read is not cut over, and is seen when the WAL has gone', async () => {
  await using bench = await openSharedBench();
  await loadTables(bench.sandbox.clusters.old, [{ name: TABLE, regions: 2, rows: 200 }]);
  const { workflowId } = await bench.hbase.startMigration({
    source: 'old',
    target: 'new',
    tables: [TABLE],
    name: 'badwal',
    cutover: { maxWritePause: '60s' },
    acceptWarnings: ACCEPTED,
  });
  const has = (code: string) => ({
    what: `the blocker ${code}`,
    is: ({ blockers }: { blockers: { code: string }[] }) => blockers.some((blocker) => blocker.code === code),
  });
  await waitForStatus(bench, workflowId, has('approval'));
  const planted = (await run(bench, 'plant')).trim();
  try {
    await run(bench, 'load', TABLE, 'a', '00-bulk');
    await approveWhenReady(bench, workflowId);
    const blind = await waitForStatus(bench, workflowId, has('watch-blind'));
    expect(blind.cutovers).toEqual([]);
    expect(blind.blockers.find(({ code }) => code === 'watch-blind')?.message).toContain(planted);
  } finally {
    await run(bench, 'remove', planted);
  }
  // The blindness has gone by itself.
  await waitForStatus(bench, workflowId, {
    what: 'the bulk load alone',
    is: ({ blockers }) => blockers.map(({ code, table }) => `${code} ${table}`).join() === `bulk-load ${TABLE}`,
  });
  await bench.hbase.cancelMigration(workflowId, { by: 'test' });
  await expect(bench.hbase.waitForMigration(workflowId)).rejects.toThrow();
  expect(await bench.findNewLeaks()).toEqual([]);
});

function run({ sandbox }: Bench, ...args: string[]): Promise<string> {
  const program = path.join(sandbox.clusters.old.binDir, 'hbase');
  return runProgramOrFail([program, ...JRUBY, SCRIPT, ...args], { timeoutMs: 120_000 });
}
