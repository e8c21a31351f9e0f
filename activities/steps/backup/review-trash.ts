import { defineActivity } from '../../define-step.ts';
import { type HeldRoot, withHeldRoot } from './held-root.ts';
import { judgeTrash, type TrashVerdict } from './judge-trash.ts';
import { type ReadNeeds, readNeeds } from './read-needs.ts';
import { type FoundTrash, putBack, readTrash, toNames } from './root-trash.ts';

/** What an expiry before this one has moved, and somebody needs: a backup that was kept since, or an export. */
export const reviewTrash = defineActivity<'reviewTrash'>({
  name: 'reviewTrash',
  kind: 'job',
  summary: 'put back what is needed of the trash',
  plan: ({ run, root }) => ({
    cluster: run.source,
    summary: `put back what somebody needs of the trash in ${root.name}`,
    command: 'rename from .temporal-hbase/trash/<run>/… to its old place',
    undo: 'none: it stands where it was',
    doneWhen: 'nothing in the trash is needed',
  }),
  run: (input, world) =>
    withHeldRoot({ input, world, phase: `looking at the trash of ${input.root.name}` }, async (held) => {
      const { folders } = await readTrash(held);
      return { putBack: folders.length === 0 ? 0 : countAll(await putBackNeeded(held)) };
    }),
});

export interface TrashLook extends ReadNeeds {
  trash: FoundTrash;
  verdict: TrashVerdict;
}

/** A look on fresh reads, and what it finds needed put back. */
export async function putBackNeeded(held: HeldRoot): Promise<TrashLook> {
  const read = await readNeeds(held);
  const trash = await readTrash(held);
  const verdict = judgeTrash(read.needs, toNames(trash));
  await putBack(held, trash, verdict.putBack);
  return { ...read, trash, verdict };
}

export function countAll({ verdict }: TrashLook): number {
  return verdict.putBack.files.length + verdict.putBack.manifests.length;
}
