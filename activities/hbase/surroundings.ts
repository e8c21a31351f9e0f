import type { TableName } from '../../workflows/contract/names.ts';

/** What the servers and the cluster say beside the tables themselves: for judging, never for proving. */

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
