import { defineActivity } from '../../define-step.ts';
import { drain } from './drain.ts';

/** I1: every write acknowledged before the fence is on the target, or this throws. */
export const proveDrained = defineActivity<'proveDrained'>({
  name: 'proveDrained',
  kind: 'wait',
  summary: 'prove that every WAL from before the fence was shipped',
  plan: ({ run, peerIds, markerTable }) => ({
    cluster: run.source,
    summary: `roll every WAL and prove that ${peerIds.join(', ')} shipped all before the roll`,
    command: `Admin.rollWALWriter on every live server; a put into each region of ${markerTable}`,
    undo: 'none needed',
    doneWhen: 'two listings in a row show nothing older than the roll, and the sentinels are on the target',
  }),
  run: async ({ run, peerIds, markerTable, sentinel, timeLimitMs }, { ctx, deps }) => {
    const [source, target] = await Promise.all([deps.cluster(run.source), deps.cluster(run.target)]);
    return drain({ ctx, source, target, markerTable, peerIds, sentinel, timeLimitMs });
  },
});
