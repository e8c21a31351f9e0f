import { availableParallelism } from 'node:os';
import type { HBasePair } from '../../sandbox/index.ts';

/** What the bench prints with `--json`; a figure that was not asked for is null. */
export interface BenchResult {
  /** Whole migration of one table by us ÷ by the script. */
  oneTableRatio: number | null;
  /** Twenty tables in one wave by us ÷ ten times the script on two of them. */
  twentyTablesRatio: number | null;
  /** Per cutover: last acknowledged write on the source to the first on the target. */
  writePauseMs: number[] | null;
  agentCallMsMedian: number | null;
  /** Per kill of a worker: until another one runs the step that it ran. */
  takeoverMs: number[] | null;
  /** Every measured figure met its target. */
  ok: boolean;
  machine: Machine;
}

export type Figures = Omit<BenchResult, 'ok' | 'machine'>;

export interface Machine {
  cores: number;
  node: string;
  /** Source:target. */
  hbase: HBasePair;
}

export const NO_FIGURES: Figures = {
  oneTableRatio: null,
  twentyTablesRatio: null,
  writePauseMs: null,
  agentCallMsMedian: null,
  takeoverMs: null,
};

export interface Row {
  figure: string;
  value: number;
  /** None for what is only told. */
  target?: number;
  unit: '' | ' ms';
  /** The target is the least, not the most. */
  atLeast?: true;
}

export function toResult(figures: Figures, hbase: HBasePair): BenchResult {
  return { ...figures, ok: toRows(figures).every(isMet), machine: describeMachine(hbase) };
}

export function describeMachine(hbase: HBasePair): Machine {
  return { cores: availableParallelism(), node: process.versions.node, hbase };
}

export function formatResult(result: BenchResult): string {
  return formatRows(toRows(result), result.machine);
}

export function formatRows(all: Row[], { cores, node, hbase }: Machine): string {
  const rows = all.map((row) => [
    row.figure,
    format(row.value, row),
    row.target === undefined ? '' : `${row.atLeast ? '>=' : '<='} ${format(row.target, row)}`,
    row.target === undefined ? '' : isMet(row) ? 'met' : 'MISSED',
  ]);
  const cells = [['figure', 'measured', 'target', 'verdict'], ...rows];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', `HBase ${hbase}, ${cores} cores, Node ${node}`].join('\n');
}

function toRows(figures: Figures): Row[] {
  const { oneTableRatio, twentyTablesRatio, writePauseMs, agentCallMsMedian, takeoverMs } = figures;
  const all: [string, number | null, number, Row['unit']][] = [
    ['one table, by us ÷ by hand', oneTableRatio, 0.35, ''],
    ['twenty tables, by us ÷ by hand (two tables × 10)', twentyTablesRatio, 0.06, ''],
    ['write pause, median', writePauseMs && median(writePauseMs), 2_000, ' ms'],
    ['write pause, worst', writePauseMs && Math.max(...writePauseMs), 5_000, ' ms'],
    ['agent call over SSH, median', agentCallMsMedian, 10, ' ms'],
    ['takeover of a killed worker, median', takeoverMs && median(takeoverMs), 5_000, ' ms'],
  ];
  return all.flatMap(([figure, value, target, unit]) => (value === null ? [] : [{ figure, value, target, unit }]));
}

export function isMet({ value, target, atLeast }: Row): boolean {
  if (target === undefined) return true;
  return atLeast ? value >= target : value <= target;
}

function format(value: number, { unit, target = 0 }: Row): string {
  const text = unit === '' ? value.toFixed(3) : value.toFixed(target < 100 ? 2 : 0);
  return `${text}${unit}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
