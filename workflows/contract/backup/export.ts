import type { ClusterName, FamilyName, RunId, TableName } from '../names.ts';
import type { Finding } from '../plan.ts';
import type { RunRef } from '../step-data.ts';
import type { TableLineage } from './archive.ts';
import type { OperationPlan, RootRef } from './plans.ts';
import type { BackedUpCluster, BackedUpFamily } from './record.ts';

/** Exports by HBase's Export: chains of time ranges, as sequence files in a backup root. */

/** Names one export for ever, and sorts by its start like a `BackupId`. */
export type ExportId = string;

export interface ExportRequest {
  cluster: ClusterName;
  /** Names and patterns as given. */
  tables: string[];
  root: string;
  chain: string;
  /** Newest versions of each cell, within the range. */
  versions: number;
  /** All of them when empty. */
  families: FamilyName[];
  /** Delete markers and deleted cells too, as far as no compaction has removed them. */
  raw: boolean;
  /** End of the range, server clocks; as late as is safe without. */
  toMs?: number;
  /** Begin anew with the whole tables. */
  newBase: boolean;
  allowOtherCluster: boolean;
  copy: { parallelTables: number };
  /** Who asks, for the audit. */
  by?: string;
}

/** What stays the same from a base to the increments that follow it. */
export type ExportScope = Pick<ExportRequest, 'versions' | 'families' | 'raw'>;

export interface ImportRequest {
  /** Where the tables come to. */
  cluster: ClusterName;
  root: string;
  chain: string;
  /** The last increment that is applied; the newest one without. */
  upTo?: ExportId;
  /** Names and patterns; all tables of the chain without. */
  tables: string[];
  as: { namespace?: string; suffix?: string };
  /** Put the cells into tables that hold some. */
  intoExisting: boolean;
  copy: { parallelTables: number };
  acceptWarnings: string[];
  /** Who asks, for the audit. */
  by?: string;
}

/** What an export or an import does not carry, in words. */
export interface ExportWarning {
  code: string;
  table?: TableName;
  message: string;
}

/**
 * One export of a chain: written once, last, after every file was checked. WARNING: in users' backup roots for years;
 * only add optional fields.
 */
export interface ExportRecord {
  formatVersion: 1;
  chain: string;
  /** Place in the chain, from 1. */
  number: number;
  id: ExportId;
  runId: RunId;
  workflowId: string;
  by?: string;
  kind: 'base' | 'increment';
  /** Digest of the record before, which it goes on from. A base has none. */
  continues?: string;
  cluster: BackedUpCluster;
  /** ISO, the worker's clock. */
  startedAt: string;
  finishedAt: string;
  /** Timestamps of its cells: from this one on, and before that one. */
  fromMs: number;
  toMs: number;
  versions: number;
  families: FamilyName[];
  raw: boolean;
  tables: ExportedTableRef[];
  rows: number;
  bytes: number;
  files: number;
  warnings: ExportWarning[];
  /** sha256 over everything above, keys sorted. */
  digest: string;
}

export interface ExportedTableRef {
  table: TableName;
  /** Records that Export has written: rows, or parts of wide rows where its scanner batches. */
  rows: number;
  bytes: number;
  files: number;
  /** sha256 of the table's own file, which stands beside the sequence files. */
  digest: string;
}

/** One table of one export: what it was, and its sequence files. WARNING: as `ExportRecord`. */
export interface ExportedTableFile {
  formatVersion: 1;
  id: ExportId;
  table: TableName;
  /** Name of the folder below the export's own that holds the files, and nothing else. */
  folder: string;
  families: BackedUpFamily[];
  /** Table attributes of the descriptor. */
  attributes: Record<string, string>;
  schemaDigest: string;
  regions: { startKey: string; endKey: string }[];
  /** As it was when the export began. */
  lineage: TableLineage;
  rows: number;
  bytes: number;
  files: { name: string; bytes: number }[];
}

/** Who imported what of a chain, beside it. WARNING: as `ExportRecord`. */
export interface ImportEvent {
  formatVersion: 1;
  kind: 'import';
  /** ISO. */
  at: string;
  by: string;
  workflowId: string;
  runId: RunId;
  cluster: ClusterName;
  tables: TableName[];
  upTo: ExportId;
  /** What whoever asked had agreed to: `intoExisting`, and codes of warnings. */
  accepted: string[];
}

/** A chain as its root knows it. */
export interface ExportChain {
  chain: string;
  /** Oldest first. */
  exports: ExportRecord[];
  damaged: { path: string; why: string }[];
}

export interface ExportPlan extends OperationPlan {
  operation: 'export';
  request: ExportRequest;
  exportId: ExportId;
  exported: { table: TableName; sizeBytes: number }[];
}

export interface ImportPlan extends OperationPlan {
  operation: 'import';
  request: ImportRequest;
  /** In the order they are applied: a base and what follows it. */
  exports: AppliedExport[];
  imported: PlannedTableImport[];
  claims: TableName[];
  findings: Finding[];
  warnings: ExportWarning[];
}

export type AppliedExport = Pick<ExportRecord, 'number' | 'id' | 'digest' | 'fromMs' | 'toMs'>;

export interface PlannedTableImport {
  /** As it is called on the cluster. */
  table: TableName;
  /** As it is called in the chain. */
  from: TableName;
  before: 'absent' | 'exists';
  rows: number;
  bytes: number;
}

export interface ExportInput {
  run: RunRef;
  plan: ExportPlan;
}

/** The range, decided while nobody else can extend the chain. */
export interface OpenedExport extends Pick<
  ExportRecord,
  'number' | 'kind' | 'continues' | 'fromMs' | 'toMs' | 'warnings'
> {}

export interface ExportTableInput extends ExportInput {
  table: TableName;
  sizeBytes: number;
  fromMs: number;
  toMs: number;
}

export interface SealExportInput extends ExportInput {
  opened: OpenedExport;
  tables: ExportedTableRef[];
}

/** What `exportTables` answers. */
export interface ExportReport extends Pick<
  ExportRecord,
  'chain' | 'number' | 'id' | 'kind' | 'fromMs' | 'toMs' | 'tables' | 'rows' | 'bytes' | 'files' | 'warnings' | 'digest'
> {
  root: string;
  durationMs: number;
}

export interface ImportInput {
  run: RunRef;
  plan: ImportPlan;
}

export interface ImportTableInput {
  run: RunRef;
  root: RootRef;
  chain: string;
  table: PlannedTableImport;
}

export interface CreateImportTableInput extends ImportTableInput {
  /** Whose schema it gets. */
  export: AppliedExport;
}

export interface ImportExportInput extends ImportTableInput {
  export: AppliedExport;
}

export interface CheckedExports {
  files: number;
  bytes: number;
}

/** What `importTables` answers. */
export interface ImportReport {
  chain: string;
  root: string;
  cluster: ClusterName;
  /** The last export that was applied, and the end of its range. */
  upTo: ExportId;
  toMs: number;
  exports: number;
  tables: ImportedTable[];
  rows: number;
  warnings: ExportWarning[];
  durationMs: number;
}

export interface ImportedTable {
  table: TableName;
  from: TableName;
  /** Records that Import has read, equal to what Export had written. */
  rows: number;
  created: boolean;
}

/** What `listExports` answers. */
export interface ExportOverview {
  chains: ExportChain[];
}
