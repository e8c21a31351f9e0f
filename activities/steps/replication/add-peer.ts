import { defineStep } from '../../define-step.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { requireNoted } from '../record/require-noted.ts';
import { findPeerDifference, readPeer, toForeignPeerFailure } from './peers.ts';

/** From here on the source keeps every WAL. Never adopts a peer that ships anything else. */
export const addPeer = defineStep<'addPeer'>({
  name: 'addPeer',
  kind: 'change',
  summary: 'add the replication peer, disabled',
  on: ({ run }) => run.source,
  plan: ({ run, peer }) => ({
    cluster: run.source,
    summary: `add peer ${peer.id} for ${peer.tables.length} tables, disabled: ${run.source} keeps every WAL from here on`,
    command: `add_peer '${peer.id}', CLUSTER_KEY => '${peer.clusterKey}', STATE => 'DISABLED', TABLE_CFS => {…}`,
    undo: `disable_peer and remove_peer '${peer.id}'`,
    doneWhen: 'the peer is listed, disabled, with exactly these tables',
  }),
  observe: async ({ run, peer }, { deps }) => {
    const found = await readPeer(await deps.cluster(run.source), peer.id);
    if (!found) return { done: false, why: `peer ${peer.id} is not listed` };
    await requireNoted((await deps.runs(run.source)).open(run.runId), 'peer', peer.id);
    const difference = findPeerDifference(found, peer);
    if (difference !== undefined) throw toForeignPeerFailure({ cluster: run.source, id: peer.id, difference });
    return found.enabled ? { done: false, why: `peer ${peer.id} is enabled` } : { done: true, result: {} };
  },
  apply: async ({ run, peer }, { deps }) => {
    const cluster = await deps.cluster(run.source);
    const record = (await deps.runs(run.source)).open(run.runId);
    const note: NoteValues['peer'] = peer;
    await record.note('peer', peer.id, note);
    // On 1.x adding and disabling are two calls: a crash in between left ours enabled, without a scope to ship.
    if (await readPeer(cluster, peer.id)) await cluster.disablePeer(peer.id);
    else await cluster.addPeer(peer);
  },
});
