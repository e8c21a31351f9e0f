import type { BackupState } from '../../../workflows/contract/backup/record.ts';
import { compareAge } from './backup-order.ts';

/**
 * The backup that nobody has looked at for longest: since its last drill, or since it was made. Of those that a restore
 * would take by itself: complete, sound, not expiring. A drill that found differences counts as a look, so that one bad
 * backup does not keep all others from being proven. Pure.
 */
export function chooseForDrill(
  backups: readonly BackupState[],
  { set }: { set?: string | undefined },
): BackupState | undefined {
  return backups
    .filter(({ record }) => set === undefined || record.set === set)
    .filter(({ partial, damaged, expiringSince }) => !partial && damaged.length === 0 && expiringSince === undefined)
    .toSorted((a, b) => lookedAtMs(a) - lookedAtMs(b) || compareAge(a, b))[0];
}

function lookedAtMs({ record, provenAt, lastDrill }: BackupState): number {
  const looks = [lastDrill?.finishedAt, provenAt].filter((at) => at !== undefined).map((at) => Date.parse(at));
  return looks.length === 0 ? Date.parse(record.finishedAt) : Math.max(...looks);
}
