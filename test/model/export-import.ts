import type { ProcessHandle } from './jobs.ts';
import { type FileNode, nodesBelow } from './files.ts';
import type { ProgramWorld } from './programs.ts';
import { requireReadable } from './row-verbs.ts';
import { type Cell, createRowStore } from './rows.ts';
import { type ClusterState, serverNowMs, type TableState } from './state.ts';
import { applyShipped } from './writes.ts';

/** One record of a sequence file: a row, with what the scan has found of it. */
type ExportedCell = Omit<Cell, 'sequence'>;
type ExportedRow = ExportedCell[];

/**
 * HBase's Export: a scan of [from, to) by timestamps. Without `raw` it carries no delete, and a marker before the range
 * hides nothing in it. The folder must not be there yet; a killed one leaves it with what is no data file.
 */
export async function exportCells({ state, fileSystems }: ProgramWorld, handle: ProcessHandle): Promise<number> {
  const { spec } = handle;
  if (spec.kind !== 'tool') return 255;
  const [name = '', uri = '', versions = '1', fromMs = '0', toMs = String(Number.MAX_SAFE_INTEGER)] = spec.args;
  const place = fileSystems.locate(state.fileSystem.uri, uri);
  if (nodesBelow(place).length > 0) {
    handle.print(`org.apache.hadoop.mapred.FileAlreadyExistsException: Output directory ${uri} already exists`);
    return 1;
  }
  const { nodes } = place.fileSystem;
  const add = (file: string, node: Partial<FileNode>): void => {
    nodes.set(`${place.path}/${file}`, { content: '', bytes: 0, modifiedMs: state.clock.nowMs(), ...node });
  };
  add('_temporary/0', {});
  const table = requireReadable(state, toModelName(name));
  const scan = toScan(spec.settings, { versions: Number(versions), fromMs: Number(fromMs), toMs: Number(toMs) });
  let records = 0;
  for (const [at, { startKey, endKey }] of table.regions.entries()) {
    await handle.sleep(state.random.between(20, 200));
    const rows = table.rows.keys(startKey, endKey).map((row) => readRow({ state, table, row }, scan));
    const payload: ExportedRow[] = rows.filter((cells) => cells.length > 0);
    records += payload.length;
    add(`part-m-${String(at).padStart(5, '0')}`, { payload, bytes: 90 + JSON.stringify(payload).length });
    handle.setPercent(Math.round((100 * (at + 1)) / table.regions.length));
  }
  nodes.delete(`${place.path}/_temporary/0`);
  add('_SUCCESS', {});
  handle.count({ 'Map input records': records, 'Map output records': records });
  return 0;
}

interface Scan {
  versions: number;
  fromMs: number;
  toMs: number;
  raw: boolean;
  families: string[];
}

function toScan(settings: Record<string, string>, range: Pick<Scan, 'versions' | 'fromMs' | 'toMs'>): Scan {
  const families = settings['hbase.mapreduce.scan.column.family'];
  const raw = settings['hbase.mapreduce.include.deleted.rows'] === 'true';
  return { ...range, raw, families: families === undefined ? [] : families.split(',') };
}

function readRow(
  { state, table, row }: { state: ClusterState; table: TableState; row: string },
  { versions, fromMs, toMs, raw, families }: Scan,
): ExportedRow {
  const cells = table.rows
    .cellsOf(row)
    .filter(({ family }) => families.length === 0 || families.includes(family))
    .filter(({ type, timestampMs }) => timestampMs >= fromMs && (timestampMs < toMs || (type !== 'put' && !raw)));
  if (raw) return cells.map(({ sequence: _sequence, ...cell }) => cell);
  const rules = new Map(
    [...table.families].map(([name, family]) => [
      name,
      { ...family, maxVersions: Math.min(versions, family.maxVersions) },
    ]),
  );
  const seen = createRowStore(cells).read(row, { rules, nowMs: serverNowMs(state) });
  return seen.map((cell) => ({ ...cell, row, type: 'put' as const }));
}

/** HBase's Import: every data file of the folder, row by row, with the timestamps that the cells have. */
export async function importCells({ state, fileSystems }: ProgramWorld, handle: ProcessHandle): Promise<number> {
  const { spec } = handle;
  if (spec.kind !== 'tool') return 255;
  const [name = '', uri = ''] = spec.args;
  const place = fileSystems.locate(state.fileSystem.uri, uri);
  const nodes = nodesBelow(place).filter(([path]) => !/\/[_.][^/]*$/.test(path));
  if (nodes.length === 0) {
    handle.print(`org.apache.hadoop.mapreduce.lib.input.InvalidInputException: Input path does not exist: ${uri}`);
    return 1;
  }
  let read = 0;
  for (const [, node] of nodes) {
    for (const cells of (node.payload ?? []) as ExportedRow[]) {
      await handle.sleep(state.random.between(2, 20));
      applyShipped(state, { table: toModelName(name), cells, consumedBy: [] });
      read += 1;
    }
  }
  handle.count({ 'Map input records': read, 'Map output records': read });
  return 0;
}

function toModelName(name: string): string {
  return name.replace(/^default:/, '');
}
