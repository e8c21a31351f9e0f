import { defineActivity } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';

/**
 * Around the snapshots: regions flush at different times, so a backup stands for an interval (hazard 42). Without a
 * table of our own a server's clock is known as of its last report, so the oldest errs to the past, which is the safe
 * side for a start; the end is read the same way and widened by the report interval in `sealBackup`.
 */
export const readSourceClocks = defineActivity<'readSourceClocks'>({
  name: 'readSourceClocks',
  kind: 'read',
  summary: 'read the clocks of the servers',
  run: ({ run }, world) =>
    keepAlive({ world, cluster: run.source, phase: 'reading clocks' }, async () => {
      const cluster = await world.deps.cluster(run.source);
      const clocks = (await cluster.readClocks()).map(({ clockMs }) => clockMs);
      return { oldestMs: Math.min(...clocks), newestMs: Math.max(...clocks) };
    }),
});
