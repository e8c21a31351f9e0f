import { defineStep } from '../../define-step.ts';
import { requirePeer } from './peers.ts';

export const enablePeer = defineStep<'enablePeer'>({
  name: 'enablePeer',
  kind: 'change',
  summary: 'enable the replication peer',
  on: ({ run }) => run.source,
  plan: ({ run, peerId }) => ({
    cluster: run.source,
    summary: `enable peer ${peerId}: the WALs it held are shipped to ${run.target}`,
    command: `enable_peer '${peerId}'`,
    undo: `disable_peer '${peerId}'`,
    doneWhen: 'the peer is listed as enabled',
  }),
  observe: async ({ run, peerId }, { deps }) => {
    const peer = await requirePeer(await deps.cluster(run.source), peerId);
    return peer.enabled ? { done: true, result: {} } : { done: false, why: `peer ${peerId} is disabled` };
  },
  apply: async ({ run, peerId }, { deps }) => (await deps.cluster(run.source)).enablePeer(peerId),
});
