import type { ClusterConfig } from '../inventory/inventory.ts';
import type { Ask } from './ask.ts';
import type { ClusterFacts, HBaseCluster, ServerClock } from './cluster.ts';
import { replies } from './replies.ts';

type FactVerbs = Pick<HBaseCluster, 'readFacts' | 'readClocks'>;

export function createFactVerbs(ask: Ask, { overrides }: Pick<ClusterConfig, 'overrides'>): FactVerbs {
  return {
    readFacts: async () => withOverrides(await ask(replies.facts, 'readFacts'), overrides),
    readClocks: (markerTable) => readClocks(ask, markerTable),
  };
}

function withOverrides(facts: ClusterFacts, { clusterKey, rootDir }: ClusterConfig['overrides']): ClusterFacts {
  return { ...facts, clusterKey: clusterKey ?? facts.clusterKey, rootDir: rootDir ?? facts.rootDir };
}

async function readClocks(ask: Ask, markerTable: string | undefined): Promise<ServerClock[]> {
  const [reported, written] = await Promise.all([
    ask(replies.clocks, 'readReportedClocks'),
    markerTable === undefined
      ? []
      : ask(replies.clocks, 'readWrittenClocks', { args: { table: markerTable }, table: markerTable }),
  ]);
  const known = new Set(written.map(({ server }) => server));
  return [...written, ...reported.filter(({ server }) => !known.has(server))].map(toServerClock);
}

interface ReadClock {
  server: string;
  clockMs: number;
  exact: boolean;
  reportEveryMs?: number | undefined;
}

function toServerClock({ server, clockMs, exact, reportEveryMs }: ReadClock): ServerClock {
  if (exact) return { server, clockMs };
  return { server, clockMs, lowerBound: true, ...(reportEveryMs === undefined ? {} : { reportEveryMs }) };
}
