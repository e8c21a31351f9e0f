import type {
  CellData,
  DigestRange,
  HBaseCluster,
  RangeDigest,
  RowDigest,
  RowsDigestRequest,
  TouchedRows,
  TouchedRowsRequest,
} from '../../activities/hbase/cluster.ts';
import { digestOf, type RowStore } from './rows.ts';
import { hbaseFailed, requireTable, serverNowMs, type ClusterState, type TableState } from './state.ts';
import { mutate, requireOnline } from './writes.ts';

type RowVerbs = Pick<
  HBaseCluster,
  'hasRows' | 'putRow' | 'readRow' | 'putSentinels' | 'digestRange' | 'digestRows' | 'listTouchedRows'
>;

/** The verbs over rows, as the warm agent offers them. */
export function createRowVerbs(state: ClusterState): RowVerbs {
  return {
    hasRows: async (name) => {
      const table = requireReadable(state, name);
      return table.rows.keys().some((row) => readCells(state, table, row).length > 0);
    },
    putRow: async (table, { row, family, qualifier, value }) => {
      // No two puts of one client get the same timestamp.
      await state.clock.sleep(1);
      mutate(state, table, { row, family, qualifier, type: 'put', value });
    },
    readRow: async (name, row) => {
      const newest = keepNewest(readCells(state, requireReadable(state, name), row));
      return newest.length > 0 ? newest : undefined;
    },
    putSentinels: async (table, value) => putSentinels(state, table, value),
    digestRange: async (range) => digestRange(state, range),
    digestRows: async (request) => digestRows(state, request),
    listTouchedRows: async (request) => listTouchedRows(state, request),
  };
}

export function requireReadable(state: ClusterState, name: string): TableState {
  const table = requireTable(state, name);
  if (!table.enabled) throw hbaseFailed(state, `TableNotEnabledException: ${name}`);
  for (const region of table.regions) requireOnline(state, table, region);
  return table;
}

export function readCells(
  state: ClusterState,
  table: TableState,
  row: string,
  ignoreBeforeMs: Record<string, number> = {},
): CellData[] {
  const cells = table.rows.read(row, { rules: table.families, nowMs: serverNowMs(state) });
  return cells.filter((cell) => cell.timestampMs >= (ignoreBeforeMs[cell.family] ?? -Infinity));
}

/** A get without a word on versions answers one of each column. */
function keepNewest(newestFirst: CellData[]): CellData[] {
  const byColumn = new Map<string, CellData>();
  for (const cell of newestFirst) {
    const column = `${cell.family}:${cell.qualifier}`;
    if (!byColumn.has(column)) byColumn.set(column, cell);
  }
  return [...byColumn.values()];
}

function putSentinels(state: ClusterState, name: string, value: string): string[] {
  const table = requireTable(state, name);
  const family = [...table.families.keys()][0]!;
  return table.regions.map(({ startKey }) => {
    const row = `${startKey}00`;
    mutate(state, name, { row, family, qualifier: '73', type: 'put', value });
    return row;
  });
}

/** As the agent reads clocks: the servers that took a write. */
export function writeToEachRegion(state: ClusterState, table: string | undefined): Set<string> {
  if (table === undefined) return new Set();
  putSentinels(state, table, '');
  return new Set(requireTable(state, table).regions.flatMap(({ server }) => server ?? []));
}

function digestRange(state: ClusterState, { table: name, ignoreBeforeMs, ...range }: DigestRange): RangeDigest {
  const table = requireReadable(state, name);
  return digestPage(table.rows, { ...range, read: (row) => readCells(state, table, row, ignoreBeforeMs) });
}

/** What a page of rows is, whoever reads them. */
export function digestPage(
  store: RowStore,
  page: Pick<DigestRange, 'startRow' | 'stopRow' | 'limit'> & { read: (row: string) => CellData[] },
): RangeDigest {
  const rows: [string, CellData[]][] = [];
  let done = true;
  for (const row of store.keys(page.startRow, page.stopRow)) {
    const cells = page.read(row);
    if (cells.length === 0) continue;
    if (rows.length === page.limit) {
      done = false;
      break;
    }
    rows.push([row, cells]);
  }
  const cells = rows.reduce((sum, [, ofRow]) => sum + ofRow.length, 0);
  const lastRow = rows.at(-1)?.[0];
  return { rows: rows.length, cells, digest: digestOf(rows), ...(lastRow === undefined ? {} : { lastRow }), done };
}

function digestRows(state: ClusterState, { table: name, rows, range, ignoreBeforeMs }: RowsDigestRequest): RowDigest[] {
  const table = requireReadable(state, name);
  const wanted = rows ?? table.rows.keys(range?.startRow, range?.stopRow);
  return wanted.flatMap((row) => {
    const cells = readCells(state, table, row, ignoreBeforeMs);
    return cells.length === 0 ? [] : [{ row, cells: cells.length, digest: digestOf([[row, cells]]) }];
  });
}

function listTouchedRows(state: ClusterState, request: TouchedRowsRequest): TouchedRows {
  const table = requireReadable(state, request.table);
  const { fromMs, toMs, startRow, limit } = request;
  const touched = table.rows
    .keys(startRow)
    .filter((row) => table.rows.cellsOf(row).some(({ timestampMs }) => timestampMs >= fromMs && timestampMs < toMs));
  const rows = touched.slice(0, limit);
  return { rows, ...(touched.length > limit ? { nextRow: `${rows.at(-1)}00` } : {}) };
}
