import type { StoppedGuard } from '../../../workflows/contract/steps.ts';
import { defineActivity, type StepInput, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import { stopGuard } from './stop-guard.ts';

/** The guard ends by itself when it sees the mark; it is only ended by force when it does not. */
export const stopFenceGuard = defineActivity<'stopFenceGuard'>({
  name: 'stopFenceGuard',
  kind: 'change',
  summary: 'end the fence guard',
  plan: ({ run, epoch }) => ({
    cluster: run.source,
    summary: `end the fence guard of epoch ${epoch}`,
    command: 'none: it sees the mark; TERM when it does not',
    undo: 'none needed',
    doneWhen: 'its process has ended',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'ending the fence guard' }, (alive) => endGuard(input, alive)),
});

async function endGuard({ run, epoch }: StepInput<'stopFenceGuard'>, { ctx, deps }: StepWorld): Promise<StoppedGuard> {
  const [jobs, records] = await Promise.all([deps.jobs(run.source), deps.runs(run.source)]);
  const record = records.open(run.runId);
  const fenced = (await record.readNotes()).filter(({ kind }) => kind === 'fence');
  if (fenced.length > 0 && !(await record.readMark(epoch))) {
    const tables = fenced.map(({ subject }) => subject).join(', ');
    const message = `The guard of epoch ${epoch} stays: ${tables} may be fenced, and no mark is set.`;
    throw new Failure('cutover.failed', message, { cluster: run.source });
  }
  const stopped = await stopGuard({ run, epoch, jobs, ctx });
  await record.removeNote('guard', String(epoch));
  return stopped;
}
