import type { BackupState } from '../../../workflows/contract/backup/record.ts';
import { compareNames } from '../../catalogue/seal.ts';

/** When a backup was started by the worker's clock, ms since the epoch: also what its id sorts by. */
export function startOf({ record }: BackupState): number {
  return Date.parse(record.startedAt);
}

/** Oldest first. Ids end ties, so that two workers decide alike. */
export function compareAge(a: BackupState, b: BackupState): number {
  return startOf(a) - startOf(b) || compareNames(a.record.id, b.record.id);
}

/** Items by key, in the order of their first. */
export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
