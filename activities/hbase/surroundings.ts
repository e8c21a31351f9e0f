import type { PeerId, TableName } from '../../workflows/contract/names.ts';

/** What the cluster says beside the tables themselves: for judging, never for proving. */
export interface SurroundingVerbs {
  /** Counters of mutations written without WAL, of every live server. */
  readUnloggedMutations(): Promise<UnloggedCount[]>;
  /** What neither a snapshot nor replication carries (hbase.md §2.3). */
  readSurroundings(tables: TableName[]): Promise<Surroundings>;
  /** Of every peer on every live server, as last reported to the master. */
  readPeerLags(): Promise<PeerLag[]>;
  /** Opens and closes a connection from the gateway to each of them. */
  probePorts(endpoints: Endpoint[]): Promise<ProbedPort[]>;
}

/** One live server's counter since it started, from its metrics page. */
export interface UnloggedCount {
  server: string;
  /** Mutations written with `SKIP_WAL`. Absent when the page could not be read. */
  mutations?: number;
  /** Why it could not be read. */
  why?: string;
}

/** Bulk-load markers of one table in the WALs. */
export interface BulkLoads {
  table: TableName;
  files: number;
  /** Source clock of the newest marker: tells one load from the next. */
  lastAtMs: number;
}

export interface Surroundings {
  /** Tables and namespaces with a quota, e.g. `namespace shop`. */
  quotas: string[];
  /** Tables and namespaces with entries in `hbase:acl`. */
  grants: string[];
  /** The table of visibility labels exists. */
  hasLabels: boolean;
  /** The HDFS encryption zone that holds the root. */
  encryptionZone?: string;
  /** What an HDFS quota on the root leaves, replicas counted; absent without a quota. */
  spaceLeftBytes?: number;
  /** What could not be looked at, and why. */
  unread: { what: string; why: string }[];
}

/** For display and warnings: before 2.3 an idle peer may report a lag. */
export interface PeerLag {
  server: string;
  peer: PeerId;
  lagMs: number;
  /** The WAL being written is one of them. */
  queuedWals: number;
}

export interface Endpoint {
  host: string;
  port: number;
}

/** `why`: what kept the connection from being made. */
export interface ProbedPort extends Endpoint {
  why?: string;
}
