import type { BackupSet, BackupsFile } from './backups-file.ts';
import { listSkippedRuns, measureGaps } from './firings.ts';
import { toDurationText, type Timing } from './timing.ts';

/** A run that is skipped matters when the next one is not soon. */
const SELDOM_MS = 6 * 3_600_000;

/** What is legal but will surprise: each a sentence that names the set. */
export function adviseOnBackups({ sets }: BackupsFile, nowMs: number): string[] {
  return sets.flatMap((set) =>
    [...adviseOnTimes(set, nowMs), ...adviseOnObjective(set, nowMs), ...adviseOnKeep(set)].map(
      (text) => `set ${set.name}: ${text}`,
    ),
  );
}

function adviseOnTimes({ schedule, drill }: BackupSet, nowMs: number): string[] {
  return [
    ...adviseOnClockChange(schedule, { what: 'backup', nowMs }),
    ...(drill === undefined ? [] : adviseOnClockChange(drill.timing, { what: 'drill', nowMs })),
  ];
}

function adviseOnClockChange(timing: Timing, { what, nowMs }: { what: string; nowMs: number }): string[] {
  const gaps = measureGaps(timing, nowMs);
  if (gaps === undefined || gaps.leastMs < SELDOM_MS) return [];
  const skipped = listSkippedRuns(timing, nowMs);
  if (skipped.length === 0) return [];
  return [
    `no ${what} runs on ${skipped.join(' and ')}, a time that ${timing.timezone} skips when daylight saving time ` +
      'begins; choose another hour, or UTC',
  ];
}

function adviseOnObjective({ objective = {}, schedule, drill }: BackupSet, nowMs: number): string[] {
  const { rpoMs, provenMs } = objective;
  const longestMs = measureGaps(schedule, nowMs)?.mostMs ?? 0;
  const drillsMs = drill === undefined ? undefined : (measureGaps(drill.timing, nowMs)?.mostMs ?? 0);
  const advice: string[] = [];
  if (rpoMs !== undefined && rpoMs <= longestMs) {
    advice.push(`rpo ${toDurationText(rpoMs)} cannot be met with ${toDurationText(longestMs)} between two backups`);
  }
  if (provenMs !== undefined && drillsMs === undefined) {
    advice.push(`proven ${toDurationText(provenMs)} cannot be met without "drill"`);
  } else if (provenMs !== undefined && drillsMs !== undefined && provenMs <= drillsMs) {
    advice.push(`proven ${toDurationText(provenMs)} cannot be met with ${toDurationText(drillsMs)} between two drills`);
  }
  return advice;
}

function adviseOnKeep({ expiry }: BackupSet): string[] {
  return expiry === undefined ? ['nothing expires without "keep": the root only grows'] : [];
}
