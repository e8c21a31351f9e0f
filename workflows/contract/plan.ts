import type { ClusterName, FamilyName, PeerId, RunId, SnapshotName, TableName } from './names.ts';

/** The request after parsing: every default filled in, durations in milliseconds. History holds this form. */
export interface MigrationRequest {
  source: ClusterName;
  target: ClusterName;
  /** Names and patterns as given. */
  tables: string[];
  name: string;
  copy: {
    via: 'direct' | 'staging';
    /** Name of a storage root in the clusters file; required with `staging`. */
    staging?: string;
    mappers: number;
    /** MB/s per mapper, 0 = unlimited. */
    bandwidthMb: number;
    /** Tables copied at the same time. */
    parallelTables: number;
  };
  cutover: {
    approval: 'required' | 'automatic';
    approvalExpiresMs: number;
    maxWritePauseMs: number;
    fence: 'readonly' | 'disable' | 'command';
    /** Name of a command in the clusters file that fences and unfences the application; required with `command`. */
    fenceCommand?: string;
    /** Name of a command in the clusters file that switches the clients. Without it, a person does it. */
    switchClients?: string;
  };
  verify: {
    /** `cells`: every visible cell and version with its timestamp. `rows`: row counts only (drills). */
    level: 'cells' | 'rows';
    /** Tables of up to this many cells are compared whole inside the fence; larger ones by the rows touched. */
    fullInsideFenceCells: number;
    /** Above this many cells VerifyReplication does the first compare, as a job. */
    agentCompareCells: number;
    /** Show row keys of differences in status and report. Row keys are customer data. */
    showKeys: boolean;
  };
  acceptWarnings: string[];
  /** Whom the run tells, by names of the clusters file; blockers when they have stood for so long. */
  alerts?: { to: string[]; blockerAfterMs: number };
}

/** One finding of the preflight. `error` stops; `warn` must be accepted by its code. */
export interface Finding {
  code: string;
  level: 'error' | 'warn' | 'info';
  cluster?: ClusterName;
  table?: TableName;
  message: string;
  fix: string;
}

/** What stops a wave: every error, and every warning that was not accepted by its code. */
export function findBlocking(findings: Finding[], acceptWarnings: string[]): Finding[] {
  return findings.filter(
    ({ level, code }) => level === 'error' || (level === 'warn' && !acceptWarnings.includes(code)),
  );
}

export interface PlannedFamily {
  name: FamilyName;
  /** REPLICATION_SCOPE found on the source before the run: what the undo and the completion restore. */
  scopeBefore: number;
  maxVersions: number;
  /** Seconds; 2147483647 is for ever. */
  ttlSeconds: number;
}

export interface PlannedTable {
  table: TableName;
  families: PlannedFamily[];
  regions: number;
  readOnlyBefore: boolean;
  /** Bytes of store files on the source, for progress and forecasts. */
  sizeBytes: number;
  snapshot: SnapshotName;
  /** What stands on the target before the run. `empty`: exists without a row. */
  targetBefore: 'absent' | 'empty';
  /** Digest of the descriptor, to notice a schema change. */
  schemaDigest: string;
}

/** What will be done, minted once: every name a run uses. Stored in the run record before the first other write. */
export interface MigrationPlan {
  formatVersion: 1;
  runId: RunId;
  workflowId: string;
  request: MigrationRequest;
  createdAt: string;
  peerId: PeerId;
  /** Absent where somebody else's peer would ship it too: the queues alone prove then, and nothing of ours is written. */
  markerTable?: TableName;
  /** One split key per live region server of the larger cluster, hex. Empty without a marker table. */
  markerSplitKeys: string[];
  /** Full URI of the run's own folder below a named staging root, when copying by an intermediate path. */
  stagingUri?: string;
  source: PlannedCluster;
  target: PlannedCluster;
  tables: PlannedTable[];
  findings: Finding[];
  /** Digest of the clusters file without secrets; a worker whose file differs refuses the step. */
  inventoryDigest: string;
  /** sha256 over everything above. */
  digest: string;
}

export interface PlannedCluster {
  name: ClusterName;
  clusterId: string;
  version: string;
  /** ZooKeeper `quorum:port:znode`, as replication wants it. */
  clusterKey: string;
  /** `hbase.rootdir`. */
  rootDir: string;
  regionServers: number;
}
