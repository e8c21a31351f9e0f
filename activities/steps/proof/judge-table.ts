import type { PeerId, TableName } from '../../../workflows/contract/names.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { VerificationVerdict } from '../../../workflows/contract/status.ts';
import type { StepDeps } from '../../deps.ts';
import { Failure } from '../../failure.ts';
import { isCaughtUp } from './caught-up.ts';
import type { Comparison, Tally } from './comparison.ts';
import { EXACT_RULES, LIVE_RULES, recheckRows } from './recheck-rows.ts';
import { toVerdict } from './verdict.ts';

export interface FirstLook {
  run: RunRef;
  comparison: Comparison;
  tally: Tally;
  method: VerificationVerdict['method'];
  scope: VerificationVerdict['scope'];
  showKeys: boolean;
  /** Absent inside the fence: nothing is on its way there. */
  live?: { peerId: PeerId; markerTable?: TableName | undefined };
}

/** Looks again at the rows that differed, and says what is proven. */
export async function judgeTable(look: FirstLook, deps: StepDeps): Promise<VerificationVerdict> {
  const { comparison, tally, live } = look;
  const recheck = await recheckRows({
    comparison,
    rows: tally.suspects,
    rules: live ? LIVE_RULES : EXACT_RULES,
    isCaughtUp: () => (live ? isCaughtUp({ comparison, ...live }) : Promise.resolve(true)),
  });
  // All of a sample healed: the rest were on their way too, and only a whole new compare can prove them.
  if (tally.moreSuspects > 0 && recheck.different.length === 0) throw toTooManySuspects(look);
  return toVerdict({ ...look, recheck }, deps);
}

function toTooManySuspects({ comparison, tally }: FirstLook): Failure {
  const { table } = comparison.table;
  const rows = tally.suspects.length + tally.moreSuspects;
  const message = `${table}: ${rows} rows were still on their way; the compare starts again.`;
  return new Failure('step.not-converged', message, { cluster: comparison.target.name, table });
}
