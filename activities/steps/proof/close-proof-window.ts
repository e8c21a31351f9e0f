import { defineActivity } from '../../define-step.ts';
import { openSides, releaseHolders } from './window-holders.ts';

/** Lets go of the WALs of which every row that they touch is proven. */
export const closeProofWindow = defineActivity<'closeProofWindow'>({
  name: 'closeProofWindow',
  kind: 'change',
  summary: 'let go of the WALs that are proven',
  plan: ({ run }) => ({
    cluster: run.source,
    summary: `remove the holder of the window before on ${run.source} and ${run.target}`,
    command: 'Admin.removeReplicationPeer of the older holder on both',
    undo: 'none: the rows that its WALs touch are proven',
    doneWhen: 'peer and queues are gone',
  }),
  run: async ({ run, keep }, world) => {
    const sides = await openSides(run, world);
    const changed = await Promise.all(sides.map((side) => releaseHolders(side, { keep: [keep], world })));
    return { changed: changed.includes(true) };
  },
});
