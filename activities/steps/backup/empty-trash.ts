import type { BackupState } from '../../../workflows/contract/backup/record.ts';
import type { EmptiedTrash, ExpiryCounts } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity } from '../../define-step.ts';
import { findGone } from './find-gone.ts';
import { changeEach, type HeldRoot, requireAlone, withHeldRoot } from './held-root.ts';
import { countAll, putBackNeeded } from './review-trash.ts';
import { countTrash, type FoundTrash } from './root-trash.ts';

/**
 * The second look, after the grace period, and what follows from it alone: put back, mark as expired, delete
 * (hazard 39). One step, since all of it has to go by the same reads. Marks come before any deletion, so that nobody
 * can keep what has gone.
 */
export const emptyTrash = defineActivity<'emptyTrash'>({
  name: 'emptyTrash',
  kind: 'job',
  summary: 'look again, then delete what nobody needs',
  plan: ({ run, root }) => ({
    cluster: run.source,
    summary: `look at ${root.name} again, mark what has gone as expired, and delete the trash`,
    command: 'delete .temporal-hbase/trash/<run>, and the records of backups that are expired',
    undo: 'none: what is deleted is gone',
    doneWhen: 'the trash is empty, and no expired backup has a record',
  }),
  run: (input, world) => withHeldRoot({ input, world, phase: `looking at ${input.root.name} again` }, empty),
});

async function empty(held: HeldRoot): Promise<EmptiedTrash> {
  for (let putBack = 0; ;) {
    const look = await putBackNeeded(held);
    const { stops } = look.verdict;
    putBack += countAll(look);
    if (stops.length > 0) return { stops, putBack, freed: NOTHING, expired: [] };
    // Moving takes its time: what is deleted goes by a look that had nothing to put back.
    if (countAll(look) > 0) continue;
    if (!(await markExpired(held, findGone(look.catalogue, look.needs.listing)))) continue;
    const freed = countTrash(look.trash);
    await deleteTrash(held, look.trash);
    return { stops, putBack, freed, expired: await removeRecords(held) };
  }
}

const NOTHING: ExpiryCounts = { manifests: 0, files: 0, bytes: 0 };

/** False when somebody keeps one of them since: its files are needed then. */
async function markExpired(held: HeldRoot, gone: BackupState[]): Promise<boolean> {
  const { catalogue, input, world } = held;
  let isSame = true;
  await changeEach(held, { items: gone, phase: 'marking backups as expired' }, async ({ record: { id } }) => {
    const { state } = await catalogue.readOne(id);
    isSame &&= state.keptFor === undefined;
    if (state.keptFor !== undefined) return;
    const at = new Date(world.deps.nowMs()).toISOString();
    await catalogue.appendEvent(id, { kind: 'expired', at, by: 'expireBackups', workflowId: input.run.workflowId });
  });
  return isSame;
}

async function deleteTrash(held: HeldRoot, { folders }: FoundTrash): Promise<void> {
  for (const folder of folders) {
    held.world.ctx.signal.throwIfAborted();
    await requireAlone(held);
    await held.cluster.files.remove(folder, { recursive: true });
  }
}

/** Also of those that an expiry has marked and crashed. */
async function removeRecords(held: HeldRoot): Promise<string[]> {
  const { catalogue } = held;
  const expired = await catalogue.listExpired();
  await changeEach(held, { items: expired, phase: 'removing records' }, (id) => catalogue.removeExpired(id));
  return expired;
}
