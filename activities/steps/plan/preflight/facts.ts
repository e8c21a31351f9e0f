import type { ClusterName, TableName } from '../../../../workflows/contract/names.ts';
import type { Finding, MigrationRequest } from '../../../../workflows/contract/plan.ts';
import type {
  ClusterFacts,
  PeerLag,
  ProbedPort,
  ServerClock,
  Surroundings,
  TableDescription,
  TableFamilies,
  UnloggedCount,
} from '../../../hbase/cluster.ts';

/** What the preflight judges: everything was read before, so each check is a pure function of it. */
export interface PreflightFacts {
  request: MigrationRequest;
  source: SideFacts;
  target: SideFacts;
  tables: TableFacts[];
  /** Why a probe file could not be written, by what was probed. */
  failedProbes: FailedProbe[];
  surroundings: { source: Surroundings; target: Surroundings };
  /** Of the target's, those that a gateway of the source cannot reach. */
  closedPorts: ProbedPort[];
  /** Where other peers would begin to ship tables of the wave because of this run. */
  peerClusters: PeerCluster[];
  staging?: { uri: string; freeBytes: number };
}

export interface SideFacts {
  name: string;
  facts: ClusterFacts;
  clocks: ServerClock[];
  namespaces: string[];
  tableNames: TableName[];
  unlogged: UnloggedCount[];
  peerLags: PeerLag[];
  /** Tables that another run holds. */
  claims: { table: TableName; workflowId: string; runId: string }[];
}

export interface TableFacts {
  table: TableName;
  source: TableDescription;
  /** Absent when it does not exist there. */
  target?: TableDescription & { hasRows: boolean };
}

export interface PeerCluster {
  /** As the peer has it. */
  clusterKey: string;
  /** In the clusters file; absent when none of them says that it is this one. */
  name?: ClusterName;
  /** Clusters of the file that could not be asked. */
  why?: string;
  /** Of the wave, those it has. */
  tables: TableFamilies[];
}

export interface FailedProbe {
  cluster: string;
  folder: string;
  what: string;
  message: string;
}

export type Check = (facts: PreflightFacts) => Finding[];

/** `finding` when the condition holds. */
export function findingIf(condition: boolean, finding: () => Finding): Finding[] {
  return condition ? [finding()] : [];
}

/** Decimal units, as disks are sold. */
export function toGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** HBase's own incremental backups; in releases since 2.6 only, and off unless every server is told (guide, B&R). */
export function isHBaseBackupOn({ settings }: Pick<ClusterFacts, 'settings'>): boolean {
  return settings['hbase.backup.enable'] === 'true';
}
