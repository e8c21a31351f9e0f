import type { FamilyName } from '../../../../workflows/contract/names.ts';
import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { PeerInfo } from '../../../hbase/cluster.ts';
import { listShippedFamilies, shipsNowhere } from '../../../hbase/peer-match.ts';
import { isSameCluster } from './endpoints.ts';
import type { PeerCluster, PreflightFacts, SideFacts, TableFacts } from './facts.ts';

/** Hazard 10: what the run's scope makes other peers ship, on both sides, and what they shipped before it. */
export function checkOtherPeers(facts: PreflightFacts): Finding[] {
  return SIDES.flatMap((side) =>
    facts[side].facts.peers.flatMap((peer) =>
      shipsNowhere(peer) ? [toNowhere(facts[side], peer)] : judgePeer({ facts, side, peer }),
    ),
  );
}

const SIDES = ['source', 'target'] as const;
export type PeerSide = (typeof SIDES)[number];

/** A peer and one table of the wave that it carries. */
export interface CarriedTable {
  side: PeerSide;
  peer: PeerInfo;
  table: TableFacts;
}

/**
 * Families that the peer ships because of this run: on the source those that lack the scope, on the target those that
 * come with it, since the table gets the scopes that the source had before.
 */
export function listNewlyShipped({ side, peer, table: { table, source, target } }: CarriedTable): FamilyName[] {
  const before = new Map((target?.families ?? []).map(({ name, scope }) => [name, scope]));
  const candidates =
    side === 'source'
      ? source.families.filter((family) => !isScoped(family))
      : source.families.filter((family) => isScoped(family) && (before.get(family.name) ?? 0) === 0);
  return listShippedFamilies(peer, { table, families: candidates.map(({ name }) => name) });
}

const isScoped = ({ scope }: { scope: number }): boolean => scope !== 0;

interface Judged {
  facts: PreflightFacts;
  side: PeerSide;
  peer: PeerInfo;
}

type Verdict = { why: string; fix: string } | 'as-before' | 'accepted-by-code';

function judgePeer(judged: Judged): Finding[] {
  const carried = listCarried(judged).map((table) => ({ table: table.table, verdict: judgeTable(judged, table) }));
  const withVerdict = (wanted: Verdict): string[] =>
    carried.filter(({ verdict }) => verdict === wanted).map(({ table }) => table);
  const asBefore = withVerdict('as-before');
  const refused = new Map<string, { tables: string[]; fix: string }>();
  for (const { table, verdict } of carried) {
    if (typeof verdict === 'string') continue;
    const { tables } = refused.get(verdict.why) ?? { tables: [] };
    refused.set(verdict.why, { tables: [...tables, table], fix: verdict.fix });
  }
  return [
    ...[...refused].map(([why, { tables, fix }]) => toRefusal(judged, { why, tables, fix })),
    ...withVerdict('accepted-by-code').map((table) => toWarning(judged, table)),
    ...(asBefore.length > 0 ? [toAsBefore(judged, asBefore)] : []),
  ];
}

function listCarried({ facts: { tables }, peer }: Judged): TableFacts[] {
  return tables.filter(({ table, source }) => {
    const families = source.families.map(({ name }) => name);
    return listShippedFamilies(peer, { table, families }).length > 0;
  });
}

function judgeTable({ facts, side, peer }: Judged, table: TableFacts): Verdict {
  const families = listNewlyShipped({ side, peer, table });
  if (side === 'source' && isSameCluster(peer.clusterKey, facts.target.facts.clusterKey)) {
    return {
      why: `ships to ${facts.target.name} too, where this run brings them: two peers would write one table, and stand still while it is restored`,
      fix: `Exclude them from peer ${peer.id} on ${facts.source.name} until the migration is done.`,
    };
  }
  if (families.length === 0) return 'as-before';
  if (side === 'target' && isSameCluster(peer.clusterKey, facts.source.facts.clusterKey)) {
    return {
      why: `would ship them back to ${facts.source.name} after the cutover, whose fence refuses them: it would stand still for all its tables`,
      fix: `Exclude them from peer ${peer.id} on ${facts.target.name}.`,
    };
  }
  return judgeReceiver({ peer, table, families }, facts.peerClusters);
}

/** A peer whose cluster lacks the table stands still for all its tables: it must be seen that it does not. */
function judgeReceiver(
  { peer, table, families }: Pick<CarriedTable, 'peer' | 'table'> & { families: FamilyName[] },
  clusters: PeerCluster[],
): Verdict {
  const found = clusters.find(({ clusterKey }) => isSameCluster(clusterKey, peer.clusterKey));
  if (found?.name === undefined) {
    const unread = found?.why === undefined ? '' : ` (${found.why})`;
    return {
      why: `would ship them as well, once the scope is set, and whether its cluster has them is not known: it is not in the clusters file${unread}`,
      fix: `Exclude them from peer ${peer.id}, or add its cluster to the clusters file, with \`overrides.clusterKey\` if it calls itself otherwise.`,
    };
  }
  const has = new Set(found.tables.find((one) => one.table === table.table)?.families);
  const missing = families.filter((family) => !has.has(family));
  if (missing.length === 0) return 'accepted-by-code';
  return {
    why: `would ship them as well, once the scope is set, to ${found.name}, which lacks them or family ${missing.join(', ')}: it would stand still for all its tables`,
    fix: `Create them on ${found.name} with the same families, or exclude them from peer ${peer.id}.`,
  };
}

function toRefusal({ facts, side, peer }: Judged, about: { why: string; tables: string[]; fix: string }): Finding {
  const more = about.tables.length > 5 ? ` and ${about.tables.length - 5} more` : '';
  return {
    code: 'peer.matches-table',
    level: 'error',
    cluster: facts[side].name,
    message:
      `Peer ${peer.id} of ${facts[side].name} (to ${peer.clusterKey}) carries ` +
      `${about.tables.slice(0, 5).join(', ')}${more}: it ${about.why}.`,
    fix: `${about.fix} A peer that a run has left: \`temporal-hbase clean <run>\`.`,
  };
}

/** Accepted for this peer and this table only. */
function toWarning({ facts, side, peer }: Judged, table: string): Finding {
  const to = facts.peerClusters.find(({ clusterKey }) => isSameCluster(clusterKey, peer.clusterKey))?.name ?? '';
  return {
    code: `peer.matches-table:${peer.id}:${table}`,
    level: 'warn',
    cluster: facts[side].name,
    table,
    message:
      `Peer ${peer.id} of ${facts[side].name} will ship ${table} to ${to} as well, from when its replication scope is set: ` +
      `${to} gets the writes from then on, and lacks the rows of before.`,
    fix: `Accept it for this peer and table, or exclude ${table} from peer ${peer.id}.`,
  };
}

function toAsBefore({ facts, side, peer }: Judged, tables: string[]): Finding {
  const { name } = facts[side];
  const what = side === 'source' ? 'goes on shipping' : 'ships nothing more of';
  return {
    code: 'peer.ships-table',
    level: 'info',
    cluster: name,
    message: `Peer ${peer.id} of ${name} ${what} ${tables.slice(0, 5).join(', ')}: this run changes no scope that it goes by.`,
    fix:
      side === 'source'
        ? `Nothing to do. After the cutover writes come to ${facts.target.name}: give it a peer to the same cluster if it shall go on.`
        : 'Nothing to do.',
  };
}

function toNowhere({ name }: SideFacts, { id, endpoint = '' }: PeerInfo): Finding {
  return {
    code: 'peer.ships-nowhere',
    level: 'info',
    cluster: name,
    message: `Peer ${id} of ${name} ships to no other cluster (${endpoint.split('.').at(-1) ?? ''}).`,
    fix: 'Nothing to do.',
  };
}
