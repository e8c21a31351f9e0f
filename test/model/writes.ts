import {
  hbaseFailed,
  requireTable,
  serverNowMs,
  type ClusterState,
  type RegionState,
  type TableState,
} from './state.ts';
import type { Cell, CellType } from './rows.ts';

/** What a client's call does to a table: the write path, with its fences. */

export interface Mutation {
  row: string;
  family: string;
  qualifier: string;
  type: CellType;
  value?: string;
  /** Absent: the server's clock decides. */
  timestampMs?: number;
  skipWal?: boolean;
}

/**
 * Acknowledged when it returns; the answer is the cell as stored. A delete of one version without a timestamp finds
 * the newest version, as `Delete.addColumn` does.
 */
export function mutate(state: ClusterState, tableName: string, mutation: Mutation): Omit<Cell, 'sequence'> {
  const table = requireTable(state, tableName);
  const region = requireWritable(state, table, mutation.row);
  if (!table.families.has(mutation.family)) throw hbaseFailed(state, `NoSuchColumnFamilyException: ${mutation.family}`);
  const cell = toCell(state, table, mutation);
  table.rows.add(cell);
  if (mutation.skipWal) countUnlogged(state, region);
  else append(state, { table, region, cells: [cell], consumedBy: [] });
  return cell;
}

function toCell(state: ClusterState, table: TableState, mutation: Mutation): Omit<Cell, 'sequence'> {
  const { row, family, qualifier, type, value = '' } = mutation;
  const timestampMs = mutation.timestampMs ?? defaultTimestamp(state, table, mutation);
  return { row, family, qualifier: type === 'delete-family' ? '' : qualifier, timestampMs, type, value };
}

function defaultTimestamp(state: ClusterState, table: TableState, { row, family, qualifier, type }: Mutation): number {
  if (type !== 'delete') return serverNowMs(state);
  const visible = table.rows.read(row, { rules: table.families, nowMs: serverNowMs(state) });
  const newest = visible.find((cell) => cell.family === family && cell.qualifier === qualifier);
  return newest?.timestampMs ?? serverNowMs(state);
}

export interface Edit {
  table: TableState;
  region: RegionState;
  cells: Omit<Cell, 'sequence'>[];
  consumedBy: string[];
  bulkLoadFiles?: number;
}

function countUnlogged({ unloggedMutations }: ClusterState, { server = '' }: RegionState): void {
  unloggedMutations.set(server, (unloggedMutations.get(server) ?? 0) + 1);
}

export function append(state: ClusterState, { table, region, cells, consumedBy, bulkLoadFiles = 0 }: Edit): void {
  const server = state.servers.find((one) => one.name === region.server)!;
  const groups = [...server.current.values()];
  const group = groups[Number.parseInt(region.encodedName.slice(-8), 16) % groups.length]!;
  group.entries.push({
    table: table.name,
    cells,
    scopes: { ...region.scopes },
    consumedBy,
    bulkLoadFiles,
    atMs: serverNowMs(state),
  });
  state.wakeShippers();
}

/** READONLY does not fence it (hazards 12), its rows are not in the log, and only a disabled table stops it. */
export function bulkLoad(state: ClusterState, tableName: string, cells: Omit<Cell, 'sequence'>[]): void {
  const table = requireTable(state, tableName);
  if (!table.enabled) throw hbaseFailed(state, `TableNotEnabledException: ${tableName}`);
  for (const cell of cells) table.rows.add(cell);
  const region = findRegion(table, cells[0]!.row);
  if (region.server !== undefined) append(state, { table, region, cells: [], consumedBy: [], bulkLoadFiles: 1 });
}

export function findRegion(table: TableState, row: string): RegionState {
  return table.regions.find(({ startKey, endKey }) => row >= startKey && (endKey === '' || row < endKey))!;
}

function requireWritable(state: ClusterState, table: TableState, row: string): RegionState {
  if (!table.enabled) throw hbaseFailed(state, `TableNotEnabledException: ${table.name}`);
  const region = requireOnline(state, table, findRegion(table, row));
  if (region.readOnly) throw hbaseFailed(state, `DoNotRetryIOException: region ${region.encodedName} is read only`);
  return region;
}

export function requireOnline(state: ClusterState, table: TableState, region: RegionState): RegionState {
  if (region.server !== undefined) return region;
  throw hbaseFailed(state, `NotServingRegionException: ${table.name},${region.encodedName}`);
}

/** What replication does on the target: all rows of an edit or an error that blocks the whole queue. */
export function applyShipped(
  state: ClusterState,
  edit: { table: string; cells: Omit<Cell, 'sequence'>[]; consumedBy: string[] },
): void {
  const table = requireTable(state, edit.table);
  for (const cell of edit.cells) {
    const region = requireWritable(state, table, cell.row);
    if (!table.families.has(cell.family)) throw hbaseFailed(state, `NoSuchColumnFamilyException: ${cell.family}`);
    table.rows.add(cell);
    append(state, { table, region, cells: [cell], consumedBy: edit.consumedBy });
  }
}
