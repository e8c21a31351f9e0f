import type { MovedToTrash } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity } from '../../define-step.ts';
import { findUnreferenced } from './find-unreferenced.ts';
import { changeEach, type HeldRoot, withHeldRoot } from './held-root.ts';
import { readNeeds } from './read-needs.ts';
import { countTrash, readTrash, toManifestPath, toTrashFolder } from './root-trash.ts';

/** Nothing is deleted yet: what turns out to be needed goes back. */
export const moveToTrash = defineActivity<'moveToTrash'>({
  name: 'moveToTrash',
  kind: 'job',
  summary: 'move what nobody needs to the trash',
  plan: ({ run, root }) => ({
    cluster: run.source,
    summary: `move manifests and HFiles of ${root.name} that nobody needs to the trash`,
    command: `rename to .temporal-hbase/trash/${run.runId}/…`,
    undo: 'none: the next expiry puts back what is needed, and deletes the rest',
    doneWhen: 'no file stands in the root that neither a kept backup nor a manifest needs',
  }),
  run: (input, world) => withHeldRoot({ input, world, phase: `looking at ${input.root.name}` }, move),
});

async function move(held: HeldRoot): Promise<MovedToTrash> {
  const { needs } = await readNeeds(held);
  const { stops, manifests, files } = findUnreferenced(needs);
  const trash = await readTrash(held);
  if (stops.length > 0) return { stops, inTrash: countTrash(trash) };
  const { rootUri, cluster, input } = held;
  const folder = toTrashFolder(held, input.run.runId);
  // An export that heeds no lease may have copied again what an attempt before this one has moved.
  const moveOver = async (from: string, { to, stands }: { to: string; stands: boolean }): Promise<void> => {
    if (stands) await cluster.files.remove(to, { recursive: true });
    await cluster.files.move(from, to);
  };
  await changeEach(held, { items: manifests, phase: 'moving manifests to the trash' }, (name) =>
    moveOver(toManifestPath(rootUri, name), {
      to: toManifestPath(folder, name),
      stands: trash.manifests.get(name) === folder,
    }),
  );
  await changeEach(held, { items: files, phase: 'moving files to the trash' }, ({ path }) =>
    moveOver(`${rootUri}/${path}`, { to: `${folder}/${path}`, stands: trash.files.get(path)?.folder === folder }),
  );
  return { stops, inTrash: countTrash(await readTrash(held)) };
}
