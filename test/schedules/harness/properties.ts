import type { MigrationStatus } from '../../../workflows/contract/status.ts';
import { readCells } from '../../model/row-verbs.ts';
import { requireTable } from '../../model/state.ts';
import type { ModelMember, ModelWorld } from '../../model/world.ts';
import type { Clients } from './clients.ts';
import type { Scenario } from './scenario.ts';

/** I1 to I4, I7, I8: every way in which a schedule may break a promise, as a line each. */

export interface MarkSeen {
  atMs: number;
  decision: string;
  /** Broken promises at the very moment. */
  broken: string[];
}

/** At the mark both sides show the same, and the source takes no write. */
export function judgeMark(world: ModelWorld, scenario: Scenario, cutOver: string[]): string[] {
  const [source, target] = [world.member('old'), world.member('new')];
  return cutOver.flatMap((table) => [
    ...compareVisible(source, target, table),
    ...(scenario.input.cutover?.fence === 'command' ? [] : judgeFence(source, table)),
  ]);
}

function judgeFence({ state }: ModelMember, name: string): string[] {
  const table = state.tables.get(name);
  if (!table?.enabled) return [];
  const open = table.regions.filter((region) => !region.readOnly && region.server !== undefined);
  return open.length === 0 ? [] : [`I4: at the mark ${open.length} regions of ${name} on the source take writes`];
}

function compareVisible(source: ModelMember, target: ModelMember, name: string): string[] {
  const rows = new Set([...rowsOf(source, name), ...rowsOf(target, name)]);
  return [...rows].flatMap((row) => {
    const [here, there] = [describeRow(source, name, row), describeRow(target, name, row)];
    return here === there ? [] : [`I3: at the mark ${name} ${row} differs: source ${here} target ${there}`];
  });
}

function rowsOf({ state }: ModelMember, name: string): string[] {
  return state.tables.get(name)?.rows.keys() ?? [];
}

/** What is about to expire is left out: the clusters' clocks differ. */
function describeRow({ state }: ModelMember, name: string, row: string): string {
  const table = state.tables.get(name);
  if (!table) return 'no table';
  const lasting = readCells(state, table, row).filter(({ family }) => family !== 't');
  return lasting
    .map(({ family, qualifier, timestampMs, value }) => `${family}:${qualifier}@${timestampMs}=${value}`)
    .join(' ');
}

/** I1, I2: what was acknowledged is what a reader of the clients' cluster finds. */
export function judgeLedger({ ledger }: Clients, homeOf: (table: string) => ModelMember): string[] {
  return ledger.tables().flatMap((name) => {
    const { state } = homeOf(name);
    const table = requireTable(state, name);
    const nowMs = state.clock.nowMs() + state.traits.clockSkewMs;
    const broken = ledger.check(name, { rules: table.families, nowMs, read: (row) => readCells(state, table, row) });
    return broken.map((line) => `${line} (${name} on ${state.name})`);
  });
}

/** I4: no write is acknowledged on the source past the mark, nor on the target before it. */
export function judgeSides({ acknowledged }: Clients, mark: MarkSeen | undefined, cutOver: string[]): string[] {
  return acknowledged.flatMap(({ cluster, table, atMs }) => {
    if (!cutOver.includes(table)) return [];
    const isPast = mark !== undefined && atMs > mark.atMs;
    if (cluster === 'old' && isPast) return [`I4: ${table} took a write on the source past the mark`];
    return cluster === 'new' && !isPast ? [`I4: ${table} took a write on the target before the mark`] : [];
  });
}

/** I7: no key has ever started twice, and none runs on. */
export function judgeJobs(world: ModelWorld): string[] {
  return world.members.flatMap(({ jobs, state }) => [
    ...[...jobs.starts]
      .filter(([, count]) => count > 1)
      .map(([key]) => `I7: job ${key} started twice on ${state.name}`),
    ...jobs.running().map((key) => `I5: job ${key} still runs on ${state.name}`),
  ]);
}

/** I8: a status never says more than its own evidence. */
export function judgeStatus(status: MigrationStatus): string[] {
  const wave = status.tables.filter(({ leftOutBy }) => leftOutBy === undefined);
  const unproven = wave.filter(({ verification }) => verification?.result !== 'equal').map(({ table }) => table);
  const verified = status.tables.filter(
    ({ phase, verification }) => phase === 'verified' && verification?.result !== 'equal',
  );
  const hasMark = status.cutovers.some(({ outcome }) => outcome === 'cut-over');
  return [
    ...(status.canCutOver && unproven.length > 0 ? [`I8: canCutOver while ${unproven.join(', ')} is unproven`] : []),
    ...verified.map(({ table }) => `I8: ${table} is called verified without a verdict`),
    ...(status.phase === 'done' && !hasMark ? ['I8: done without a mark'] : []),
  ];
}
