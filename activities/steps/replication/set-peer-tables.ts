import { defineStep } from '../../define-step.ts';
import { findTableDifference, requirePeer } from './peers.ts';

/** Quarantined tables leave the peer before it is enabled: what it ships to them a restore would wipe (hazards 1). */
export const setPeerTables = defineStep<'setPeerTables'>({
  name: 'setPeerTables',
  kind: 'change',
  summary: 'set the tables of the peer',
  on: ({ run }) => run.source,
  plan: ({ run, peer }) => ({
    cluster: run.source,
    summary: `peer ${peer.id} ships ${peer.tables.map(({ table }) => table).join(', ')} only`,
    command: `set_peer_tableCFs '${peer.id}', {…}`,
    undo: 'none needed: the peer is removed whole',
    doneWhen: 'the peer is listed with exactly these tables',
  }),
  observe: async ({ run, peer }, { deps }) => {
    const found = await requirePeer(await deps.cluster(run.source), peer.id);
    const difference = findTableDifference(found.tables, peer.tables);
    return difference === undefined ? { done: true, result: {} } : { done: false, why: difference };
  },
  apply: async ({ run, peer }, { deps }) => (await deps.cluster(run.source)).setPeerTables(peer.id, peer.tables),
});
