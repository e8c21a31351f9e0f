import type { NoteValues } from '../../run-record/note-values.ts';
import { openArchive } from '../archive/open-archive.ts';
import { ownName } from './own-names.ts';
import { describeLeft, removePeer } from './settle-peer.ts';
import type { Look } from './settling.ts';

/**
 * A holder that nobody rotates fills the disk. That of an archive is marked as released first, so that a tick that goes on all the same
 * knows that the chain has ended.
 */
export const lookAtWalHolder: Look<NoteValues['wal-holder']> = async ({ subject: id, value }, settling) => {
  const { cluster, run, world } = settling;
  const command = `remove_peer '${id}'`;
  // A note is a file that anybody may edit; only a peer with our own name is ever removed.
  if (!id.startsWith(`${ownName(run.runId)}_`)) return { state: 'kept', why: 'it has no name of this run', command };
  if ((await describeLeft(cluster, id)) === undefined) return { state: 'settled' };
  const { rootUri, set } = value;
  if (rootUri === undefined || set === undefined) {
    const action = 'remove the peer: nothing is proven any more';
    return { state: 'there', action, act: () => removePeer(settling, id) };
  }
  const act = async (): Promise<void> => {
    const archive = await openArchive(world.deps, { cluster: cluster.name, rootUri, set });
    const number = Number(id.slice(id.lastIndexOf('_') + 1));
    await archive.markHolder({ number, id, by: run.workflowId }, 'released');
    await removePeer(settling, id);
  };
  return { state: 'there', action: `remove the peer: WALs are not archived any more for ${set}`, act };
};
