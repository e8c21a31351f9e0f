import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { PeerInfo } from '../../../hbase/cluster.ts';
import { doesPeerMatch } from '../../../hbase/peer-match.ts';
import { OWN_PREFIX } from '../../../../workflows/contract/names.ts';
import { findingIf, type PreflightFacts } from './facts.ts';

/** Nobody names a table of a run that is yet to come: what takes this one takes them all. */
const ANY_MARKER = `${OWN_PREFIX}marker`;

/**
 * Peers that would ship a run's own table too, on either side, also those that are disabled: whoever enables them later
 * would find entries of a table that is gone.
 */
export function findMarkerTakers(facts: Pick<PreflightFacts, 'source' | 'target'>): { on: string; peer: PeerInfo }[] {
  return [facts.source, facts.target].flatMap(({ name, facts: { peers } }) =>
    peers.filter((peer) => doesPeerMatch(peer, ANY_MARKER)).map((peer) => ({ on: name, peer })),
  );
}

export function checkMarker(facts: PreflightFacts): Finding[] {
  const takers = findMarkerTakers(facts);
  const named = takers.map(({ on, peer }) => `${peer.id} of ${on}`).join(', ');
  return findingIf(takers.length > 0, () => ({
    code: 'marker.left-out',
    level: 'info',
    cluster: facts.source.name,
    message:
      `Peer ${named} ships every new table of namespace default, so this run makes no marker table and writes no row of its own: ` +
      'what has arrived is proven by the queues, and clocks by what the servers last reported.',
    fix: 'Nothing to do. The write pause can be a few seconds longer, since the reports are up to hbase.regionserver.msginterval old.',
  }));
}
