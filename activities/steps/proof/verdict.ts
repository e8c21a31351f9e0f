import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { VerificationVerdict } from '../../../workflows/contract/status.ts';
import type { StepDeps } from '../../deps.ts';
import { digestOf } from '../../digest.ts';
import type { Comparison, CompareLevel, Tally } from './comparison.ts';
import type { Recheck } from './recheck-rows.ts';

const MOST_EXAMPLES = 10;

export interface JudgedTable {
  run: RunRef;
  comparison: Comparison;
  method: VerificationVerdict['method'];
  scope: VerificationVerdict['scope'];
  tally: Tally;
  recheck: Recheck;
  showKeys: boolean;
}

/** Says what was proven and for when, never more (I8). Row keys are customer data: they leave the cluster only on demand. */
export async function toVerdict(judged: JudgedTable, deps: StepDeps): Promise<VerificationVerdict> {
  const { comparison, method, scope, tally, recheck } = judged;
  const { table, level } = comparison;
  const differentRows = recheck.different.length + tally.moreSuspects;
  const result = differentRows === 0 ? 'equal' : 'different';
  return {
    table: table.table,
    result,
    method,
    scope,
    startedAt: new Date(comparison.startedMs).toISOString(),
    finishedAt: new Date(comparison.ctx.nowMs()).toISOString(),
    provenUntilMs: comparison.provenUntilMs,
    rowsSource: tally.rowsSource,
    rowsTarget: tally.rowsTarget,
    cells: tally.cells,
    recomparedRows: recheck.healed,
    differentRows,
    ...(await writeExamples(judged, deps)),
    digest: digestVerdict({ table: table.table, level, result, differentRows }),
  };
}

/** Without times and counts: proving the same again, for a later window, must not void an approval (hazard 36). */
export function digestVerdict(verdict: {
  table: string;
  level: CompareLevel;
  result: VerificationVerdict['result'];
  differentRows: number;
}): string {
  return digestOf(verdict);
}

async function writeExamples({ run, comparison, recheck, showKeys }: JudgedTable, deps: StepDeps) {
  const keys = recheck.different.toSorted().slice(0, MOST_EXAMPLES);
  if (keys.length === 0) return {};
  const name = `differences-${run.runId}-${comparison.table.table.replace(':', '.')}.txt`;
  const examplesFile = await deps.writePrivateFile(run.source, name, `${keys.join('\n')}\n`);
  return showKeys ? { examplesFile, exampleKeys: keys } : { examplesFile };
}
