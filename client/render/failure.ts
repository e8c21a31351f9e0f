import type { ReportedFailure } from '../reported-failure.ts';

/** What failed, where, why, what to do: always in this order. */
export function formatFailure(failure: ReportedFailure): string {
  const where = [
    failure.cluster && `cluster ${failure.cluster}`,
    failure.host && `host ${failure.host}`,
    failure.table && `table ${failure.table}`,
    failure.step && `step ${failure.step}`,
  ].filter(Boolean);
  return [
    `error ${failure.code}: ${toHeadline(failure)}`,
    ...(where.length > 0 ? [`  where:   ${where.join(', ')}`] : []),
    ...(failure.command === undefined ? [] : [`  command: ${failure.command}`]),
    ...(failure.problems ?? []).map(({ field, message, fix }) => `  - ${field}: ${message}${fix ? ` → ${fix}` : ''}`),
    ...(failure.logTail === undefined
      ? []
      : [
          '  log:',
          ...failure.logTail
            .trimEnd()
            .split('\n')
            .map((line) => `    ${line}`),
        ]),
    `  do:      ${failure.hint}`,
  ].join('\n');
}

/** The message lists the problems too, for the Web UI; here they have lines of their own. */
function toHeadline({ message, problems }: ReportedFailure): string {
  if (problems === undefined || problems.length === 0) return message;
  return message
    .split('\n')
    .filter((line) => !/^\s*- /.test(line))
    .join('\n');
}
