import type { TableName } from '../../workflows/contract/names.ts';

/** What a fence is judged by, and how it is lifted. */
export interface FenceVerbs {
  /**
   * The table as it was before a fence: READONLY as said, and enabled if asked for. Submitted behind every change that is
   * queued for the table's lock, whatever the descriptor says now, since a fence may be among them; returns when nothing
   * of it is queued any more.
   */
  giveBack(table: TableName, as: { readOnly: boolean; enable: boolean }): Promise<void>;
  /** What a change of each table would wait for at the master: locks, queued changes, regions in transition. */
  readTableLocks(tables: TableName[]): Promise<TableLocks[]>;
  /** Per region, a `checkAndPut` that can never write: `rejected` proves READONLY (hazards 16). */
  probeFence(table: TableName): Promise<FenceProbe>;
}

/** A queued fence, ours or one like it, is none of them. Empty too where the line or our permissions tell nothing. */
export interface TableLocks {
  table: TableName;
  waitsFor: string[];
}

export interface FenceProbe {
  regions: number;
  rejected: number;
  /** Regions that took the probe as writable, by encoded name. */
  writable: string[];
  /** Regions that did not answer. */
  unknown: string[];
}
