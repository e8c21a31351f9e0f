import type { MigrationStatus } from '../../../workflows/contract/status.ts';

/** What a status shows to have come to pass. */
export function listTags({ phase, tables, blockers, cutovers }: MigrationStatus): string[] {
  const phases = tables.map((table) => `table ${table.phase}`);
  const codes = blockers.map(({ code }) => `blocker ${code}`);
  return [
    phase,
    ...phases,
    ...codes,
    ...(cutovers.length > 1 ? ['cutover again'] : []),
    ...cutovers.flatMap(({ failure }) => (failure ? [`cutover ${failure.code}`] : [])),
    ...(tables.some(({ attempts }) => attempts > 1) ? ['table again'] : []),
    ...(tables.some(({ leftOutBy }) => leftOutBy !== undefined) ? ['left out'] : []),
  ];
}

/** What a few hundred schedules must bring about, or they prove nothing. */
export const MUST_HAPPEN = [
  'completing',
  'undoing',
  'table quarantined',
  'table mismatch',
  'table again',
  'left out',
  'cutover again',
  'blocker bulk-load',
  'mark cut-over by workflow',
  'mark unfence by workflow',
  'mark unfence by fence-guard',
  'paused by eve',
  'child cancelled',
  'reset past the mark',
];
