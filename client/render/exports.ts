import type { ExportChain, ExportRecord } from '../../workflows/contract/backup/export.ts';
import { formatColumns } from './columns.ts';
import { formatBytes } from './quantities.ts';

/** A line per export, by chain and oldest first, and whatever cannot be read. */
export function formatChains(chains: readonly ExportChain[]): string[] {
  if (chains.every(({ exports, damaged }) => exports.length + damaged.length === 0)) return ['no export yet'];
  const header = ['CHAIN', 'NUMBER', 'EXPORT', 'KIND', 'FROM', 'BEFORE', 'TABLES', 'ROWS', 'BYTES'];
  const rows = chains.flatMap(({ exports }) => exports.map(toRow));
  const damaged = chains.flatMap((chain) => chain.damaged);
  return [...formatColumns([header, ...rows]), ...damaged.map(({ path, why }) => `DAMAGED ${path}: ${why}`)];
}

function toRow({ chain, number, id, kind, fromMs, toMs, tables, rows, bytes }: ExportRecord): string[] {
  const from = fromMs === 0 ? 'the beginning' : toInstant(fromMs);
  return [
    chain,
    String(number),
    id,
    kind,
    from,
    toInstant(toMs),
    String(tables.length),
    String(rows),
    formatBytes(bytes),
  ];
}

function toInstant(ms: number): string {
  return new Date(ms).toISOString();
}
