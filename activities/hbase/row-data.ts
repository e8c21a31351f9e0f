import type { FamilyName, TableName } from '../../workflows/contract/names.ts';

export interface CellData {
  family: FamilyName;
  qualifier: string;
  timestampMs: number;
  value: string;
}

export interface DigestRange {
  table: TableName;
  startRow: string;
  stopRow: string;
  /** Rows of one answer, default 5,000. */
  limit: number;
  /** Ignore cells written before this, by family: TTL can expire between two scans (hazards 18). */
  ignoreBeforeMs?: Record<FamilyName, number>;
}

export interface RangeDigest {
  rows: number;
  cells: number;
  /** sha256 over rows, families, qualifiers, timestamps, types and values in scan order. */
  digest: string;
  /** Last row seen; undefined when the range was empty. */
  lastRow?: string;
  /** True when the range was read to its end. */
  done: boolean;
}

export interface RowsDigestRequest {
  table: TableName;
  /** Either these rows … */
  rows?: string[];
  /** … or every row of the range, at most 20,000. */
  range?: { startRow: string; stopRow: string };
  ignoreBeforeMs?: Record<FamilyName, number>;
}

/** A row that is absent has no entry. */
export interface RowDigest {
  row: string;
  cells: number;
  digest: string;
}

export interface TouchedRowsRequest {
  table: TableName;
  fromMs: number;
  toMs: number;
  startRow: string;
  limit: number;
}

export interface TouchedRows {
  rows: string[];
  /** Where the next page starts; undefined at the end. */
  nextRow?: string;
}
