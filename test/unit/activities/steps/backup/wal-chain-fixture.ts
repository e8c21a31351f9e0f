import type { NamedTick } from '../../../../../activities/catalogue/wal-archive.ts';
import type { ChainFacts } from '../../../../../activities/steps/backup/wal-chain.ts';
import type { ArchiveTick, ChainBreak } from '../../../../../workflows/contract/backup/archive.ts';
import type { BackupState } from '../../../../../workflows/contract/backup/record.ts';
import { tickOf, writtenWal } from '../../../catalogue/archive-fixture.ts';
import { filesOf, stateOf, tableOf, toId } from '../../../catalogue/catalogue-fixture.ts';

export const TABLE = 'shop:a';

/** Of clock skew 10, so that it reaches from `startMs` − 10 to `endMs` + 10. */
export function baseOf(
  number: number,
  [startMs, endMs]: [number, number],
  state: Partial<BackupState> = {},
): BackupState {
  const tables = [tableOf(filesOf(toId(number), TABLE))];
  return stateOf(toId(number), { set: 'shop', startMs, endMs, skewMs: 10, tables, state });
}

/** Ticks that each go on from the one before, at these times; the first begins at the first time. */
export function ticksAt(times: readonly number[], changes: Record<number, Partial<ArchiveTick>> = {}): NamedTick[] {
  return times.map((to, index) => {
    const from = times[Math.max(0, index - 1)] ?? to;
    const before = index === 0 ? {} : { continues: `t${index - 1}` };
    return { name: `t${index}`, tick: tickOf({ coveredFromMs: from, coveredToMs: to, ...before, ...changes[index] }) };
  });
}

export function factsOf(changes: Partial<ChainFacts> = {}): ChainFacts {
  return {
    clusterId: 'c-1',
    ticks: ticksAt([100, 200, 300, 400]),
    wals: [writtenWal('w1', { firstMs: 90, lastMs: 250 }), writtenWal('w2', { firstMs: 251, lastMs: 390 })],
    backups: [baseOf(1, [120, 150])],
    horizonMs: 0,
    ...changes,
  };
}

export const breakAt = (fromMs: number, toMs: number, kind: ChainBreak['kind'] = 're-created'): ChainBreak => ({
  table: TABLE,
  kind,
  fromMs,
  toMs,
  why: 'because',
});
