import type { MigrationReport } from '../contract/status.ts';
import { untilDone } from './holds.ts';
import { peerIds, type Run } from './run.ts';
import { auditAndClose, settleAll, uniqueResidues } from './settle.ts';
import { step } from './step-proxies.ts';
import { failWith } from './workflow-failure.ts';

/** Then a person is told; `resume` tries again. */
const FINAL_DRAIN_LIMIT_MS = 15 * 60_000;

/**
 * Drained once more, then peers, scopes, snapshots, staging and marker table go; the source's fence stays as a named
 * residue (hazard 9).
 *
 * @throws ApplicationFailure `run.leaks` when the audit finds anything of this run; its record stays for `clean`.
 */
export async function complete(run: Run): Promise<MigrationReport> {
  const { keeper, ref } = run;
  keeper.enter('completing');
  if (!run.isSettling)
    await untilDone(keeper, 'prove again that every write has arrived', () => proveDrainedAgain(run));
  const { residues, failures } = await settleAll(ref, { outcome: 'completed' });
  const audit = await untilDone(keeper, 'look for leaks', () => auditAndClose(ref, 'completed'));
  keeper.update({ residues: uniqueResidues([...audit.residues, ...residues]) });
  for (const foreign of audit.foreign) keeper.notice(`not ours, untouched: ${foreign}`);
  if (audit.leaks.length > 0) throw leaksFailure(run, audit.leaks, failures);
  keeper.update({ leaks: [] });
  keeper.enter('done');
  return keeper.toReport();
}

/** Builds the failure that names every leak. */
export function leaksFailure({ keeper, plan }: Run, leaks: string[], failures: string[]): Error {
  keeper.update({ leaks });
  const causes = failures.length === 0 ? '' : ` Not settled: ${failures.join('; ')}.`;
  return failWith('run.leaks', `Run ${plan.runId} left: ${leaks.join('; ')}.${causes}`);
}

async function proveDrainedAgain(run: Run): Promise<void> {
  const { ref, plan } = run;
  await step(
    'proveDrained',
    {
      run: ref,
      peerIds: peerIds(run),
      markerTable: plan.markerTable,
      sentinel: `${ref.runId}-final`,
      timeLimitMs: FINAL_DRAIN_LIMIT_MS,
    },
    { summary: 'prove again that every write has arrived', kind: 'change', withinMs: FINAL_DRAIN_LIMIT_MS },
  );
}
