import { describe, expect, it } from 'vitest';
import type { PeerInfo } from '../../../../../activities/hbase/cluster.ts';
import { checkOtherPeers } from '../../../../../activities/steps/plan/preflight/check-other-peers.ts';
import type { PreflightFacts } from '../../../../../activities/steps/plan/preflight/facts.ts';
import { findBlocking } from '../../../../../workflows/contract/plan.ts';
import { family, healthyFacts, tableDescription } from '../../../../support/preflight-facts.ts';

const DR_KEY = 'dr1,dr2:2181:/hbase';
const dr = (change: Partial<PeerInfo> = {}): PeerInfo => ({
  id: 'dr',
  clusterKey: DR_KEY,
  enabled: true,
  replicateAll: true,
  tables: [],
  namespaces: [],
  excludeTables: [],
  excludeNamespaces: [],
  serial: false,
  ...change,
});

type Change = (facts: PreflightFacts) => void;

function judge(...changes: Change[]) {
  const facts = healthyFacts();
  for (const change of changes) change(facts);
  return checkOtherPeers(facts);
}
const found = (...changes: Change[]): string[] => judge(...changes).map(({ level, code }) => `${level} ${code}`);

const onSource =
  (peer: PeerInfo): Change =>
  (facts) =>
    facts.source.facts.peers.push(peer);
const onTarget =
  (peer: PeerInfo): Change =>
  (facts) =>
    facts.target.facts.peers.push(peer);
const scoped: Change = (facts) => (facts.tables[0]!.source.families = [{ ...family('cf'), scope: 1 }]);
const twoFamilies: Change = (facts) =>
  (facts.tables[0]!.source.families = [{ ...family('f1'), scope: 1 }, family('f2')]);
/** The peer's cluster is in the clusters file, spelt otherwise, and has the table with these families. */
const known =
  (...families: string[]): Change =>
  (facts) =>
    facts.peerClusters.push({
      clusterKey: 'DR2,dr1:2181:/hbase',
      name: 'dr-site',
      tables: [{ table: 'shop:orders', families }],
    });

describe('another peer on the source', () => {
  it('one that ships the table already: goes on, and nothing is to be said but that', () => {
    expect(found(onSource(dr()), scoped)).toEqual(['info peer.ships-table']);
  });

  it('one that the scope would make ship it, to a cluster nobody knows: refused', () => {
    expect(found(onSource(dr()))).toEqual(['error peer.matches-table']);
    expect(judge(onSource(dr({ enabled: false })))[0]?.message).toContain('it is not in the clusters file');
  });

  it('the same to a known cluster that has the table: a warning, accepted for this peer and table only', () => {
    const findings = judge(onSource(dr()), known('cf'));
    expect(findings.map(({ level, code }) => `${level} ${code}`)).toEqual(['warn peer.matches-table:dr:shop:orders']);
    expect(findBlocking(findings, ['peer.matches-table', 'peer.matches-table:dr:shop:carts'])).toHaveLength(1);
    expect(findBlocking(findings, ['peer.matches-table:dr:shop:orders'])).toEqual([]);
  });

  it('a known cluster that lacks the table or a family: refused, since that peer would stand still', () => {
    expect(found(onSource(dr()), known('other'))).toEqual(['error peer.matches-table']);
    const lacking: Change = ({ peerClusters }) =>
      peerClusters.push({ clusterKey: DR_KEY, name: 'dr-site', tables: [] });
    expect(judge(onSource(dr()), lacking)[0]?.message).toContain('which lacks them');
  });

  it('an excluded family: the other one ships all the same', () => {
    const without = (name: string) => onSource(dr({ excludeTables: [{ table: 'shop:orders', families: [name] }] }));
    expect(found(without('f1'), twoFamilies)).toEqual(['error peer.matches-table']);
    expect(found(without('f2'), twoFamilies)).toEqual(['info peer.ships-table']);
    expect(found(onSource(dr({ excludeTables: [{ table: 'shop:orders', families: [] }] })), twoFamilies)).toEqual([]);
  });

  it('one to the target of this run: refused, whatever the scope', () => {
    const toTarget = onSource(dr({ clusterKey: healthyFacts().target.facts.clusterKey }));
    expect(found(toTarget)).toEqual(['error peer.matches-table']);
    expect(found(toTarget, scoped)).toEqual(['error peer.matches-table']);
  });

  it('one that ships to no other cluster: lived with', () => {
    const endpoint = 'org.apache.hadoop.hbase.replication.regionserver.RegionReplicaReplicationEndpoint';
    expect(found(onSource(dr({ endpoint })))).toEqual(['info peer.ships-nowhere']);
  });
});

describe('another peer on the target', () => {
  it('the table has no scope there afterwards: nothing ships', () => {
    expect(found(onTarget(dr()))).toEqual(['info peer.ships-table']);
  });

  it('the table keeps a scope of its own: what arrives is shipped on, so the receiver must have it', () => {
    expect(found(onTarget(dr()), scoped)).toEqual(['error peer.matches-table']);
    expect(found(onTarget(dr()), scoped, known('cf'))).toEqual(['warn peer.matches-table:dr:shop:orders']);
  });

  it('an empty table there that is shipped already: as before', () => {
    const there: Change = (facts) =>
      (facts.tables[0]!.target = {
        ...tableDescription('shop:orders'),
        families: [{ ...family('cf'), scope: 1 }],
        hasRows: false,
      });
    expect(found(onTarget(dr()), scoped, there)).toEqual(['info peer.ships-table']);
  });

  it('a peer back to the source: refused when it would ship into the fence', () => {
    const back = onTarget(dr({ clusterKey: healthyFacts().source.facts.clusterKey }));
    expect(found(back)).toEqual(['info peer.ships-table']);
    expect(found(back, scoped)).toEqual(['error peer.matches-table']);
  });
});
