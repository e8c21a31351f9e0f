import type { ChainBreak, TableLineage } from '../../../workflows/contract/backup/archive.ts';

export interface LineageStep {
  before: readonly TableLineage[];
  now: readonly TableLineage[];
  fromMs: number;
  toMs: number;
}

/**
 * What has become of the tables between two ticks that a replay cannot cross (hazard 41).
 *
 * - Every region is another one: truncated or made again, unless the file of the descriptor is still the same one, as it
 *   stays through splits and merges.
 * - The file of the descriptor is another one, and the descriptor says the same: somebody restored a snapshot.
 * - Other families: edits of a new one cannot be replayed into a base that lacks it.
 */
export function findBreaks({ before, now, fromMs, toMs }: LineageStep): ChainBreak[] {
  const old = new Map(before.map((one) => [one.table, one]));
  const standing = new Set(now.map(({ table }) => table));
  const at = { fromMs, toMs };
  const dropped = before
    .filter(({ table }) => !standing.has(table))
    .map(({ table }): ChainBreak => ({ table, kind: 'dropped', ...at, why: 'the table is not there any more' }));
  const changed = now.flatMap((one): ChainBreak[] => {
    const { table } = one;
    const was = old.get(table);
    if (!was) return [{ table, kind: 'created', ...at, why: 'the table was not there before' }];
    const change = findChange(was, one);
    return change === undefined ? [] : [{ table, ...change, ...at }];
  });
  return [...dropped, ...changed];
}

function findChange(was: TableLineage, now: TableLineage): Pick<ChainBreak, 'kind' | 'why'> | undefined {
  const kept = new Set(was.regions);
  const isSameFile = was.descriptorFile !== undefined && was.descriptorFile === now.descriptorFile;
  if (!isSameFile && was.regions.length > 0 && !now.regions.some((region) => kept.has(region))) {
    return { kind: 're-created', why: 'every region is another one: it was truncated, or dropped and made again' };
  }
  if (was.families.join('\n') !== now.families.join('\n')) {
    return { kind: 'altered', why: `its families are ${now.families.join(', ')}, and were ${was.families.join(', ')}` };
  }
  const isRewritten = was.descriptorFile !== undefined && now.descriptorFile !== undefined && !isSameFile;
  if (isRewritten && was.descriptor === now.descriptor) {
    return { kind: 'restored', why: 'its descriptor was written again unchanged, as by restore_snapshot' };
  }
  return undefined;
}

export interface UnloggedStep {
  before: readonly { server: string; mutations?: number | undefined }[];
  now: readonly { server: string; mutations?: number | undefined; why?: string | undefined }[];
}

/** Mutations without WAL since the tick before, on all servers; one that started since counts from nothing. */
export function countUnlogged({ before, now }: UnloggedStep): { grown: number; blind: string[] } {
  const old = new Map(before.map(({ server, mutations }) => [server, mutations]));
  const blind = now.filter(({ mutations }) => mutations === undefined);
  const grown = now.reduce((sum, { server, mutations }) => {
    if (mutations === undefined || (old.has(server) && old.get(server) === undefined)) return sum;
    return sum + Math.max(0, mutations - (old.get(server) ?? 0));
  }, 0);
  const told = blind.map(({ server, why = 'no answer' }) => `writes without WAL on ${server} (${why})`);
  return { grown, blind: told };
}
