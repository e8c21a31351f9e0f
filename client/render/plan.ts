import { findBlocking, type MigrationPlan } from '../../workflows/contract/plan.ts';
import type { PlanReport } from '../../workflows/contract/runs.ts';
import { formatBytes } from './quantities.ts';

/** The signed-off document: what runs where, how it is undone, and how the step sees that it was done already. */
export function formatPlan({ plan, steps }: PlanReport): string[] {
  const unaccepted = findUnaccepted(plan);
  const tables = plan.tables.map(
    ({ table, regions, sizeBytes, targetBefore }) =>
      `  ${table}: ${regions} regions, ${formatBytes(sizeBytes)}, target ${targetBefore}`,
  );
  const findings = plan.findings.map(
    ({ level, code, table, message, fix }) => `  ${level} ${code}${table ? ` (${table})` : ''}: ${message} → ${fix}`,
  );
  return [
    `plan ${plan.digest}`,
    `  ${plan.source.name} (${plan.source.version}) → ${plan.target.name} (${plan.target.version})`,
    ...tables,
    ...(findings.length === 0 ? [] : ['findings', ...findings]),
    'steps',
    ...steps.flatMap((step, index) => [
      `  ${index + 1}. ${step.summary} [${step.cluster}]`,
      `       runs:  ${step.command}`,
      `       done when: ${step.doneWhen}`,
      `       undo:  ${step.undo}`,
    ]),
    'nothing was written',
    ...(unaccepted.length === 0
      ? []
      : [
          `not accepted yet: ${unaccepted.join(', ')}`,
          `  \`migrate\` refuses until each is mended or accepted: --accept-warnings ${unaccepted.join(',')}`,
        ]),
  ];
}

/** Codes of warnings that would refuse the migration as it was asked for. */
export function findUnaccepted({ findings, request }: MigrationPlan): string[] {
  return [...new Set(findBlocking(findings, request.acceptWarnings).map(({ code }) => code))];
}
