import type { Problem } from '../../workflows/contract/failures.ts';
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
    ...(failure.problems ?? []).map(formatProblem),
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

/** A fix of several lines is an example, which stands in the failure's message already. */
function formatProblem({ field, message, fix }: Problem): string {
  const isNew = fix !== undefined && !fix.includes('\n') && !message.includes(fix);
  return `  - ${field}: ${message}${isNew ? ` → ${fix}` : ''}`;
}

/** The message lists the problems too, for the Web UI; here they have lines of their own. */
function toHeadline({ message, problems = [] }: ReportedFailure): string {
  const said = new Set(problems.flatMap((row) => row.message.split('\n')).filter((line) => line.trim() !== ''));
  const isProblem = (line: string): boolean => [...said].some((text) => line.includes(text));
  const lines = message.split('\n');
  return lines.filter((line, index) => index === 0 || !isProblem(line)).join('\n');
}
