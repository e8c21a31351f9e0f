import type { FenceInput, StepResult } from '../../../workflows/contract/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { StepDeps } from '../../deps.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { Jobs, JobSpec, JobState } from '../../jobs/jobs.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { requireCommand } from './fence-application.ts';
import { guardKey } from './guard-key.ts';
import { requireUnmarked } from './marks.ts';

type GuardInput = FenceInput & { deadlineMs: number };

/** The unfence itself may take minutes; nobody may end the guard before. */
const AFTER_DEADLINE_MS = 30 * 60_000;
const READY_LIMIT_MS = 120_000;
const POLL_MS = 150;

/** So that a dead worker or a dead Temporal inside the fence gives writes back by itself (hazard 4). */
export const startFenceGuard = defineActivity<'startFenceGuard'>({
  name: 'startFenceGuard',
  kind: 'change',
  summary: 'start the fence guard on the source',
  plan: ({ run, epoch, deadlineMs }) => ({
    cluster: run.source,
    summary: `a guard that gives writes back ${deadlineMs} ms after its start, unless the mark says cut over`,
    command: `detached agent script, job ${guardKey(run.runId, epoch)}`,
    undo: 'it ends by itself when it sees the mark',
    doneWhen: 'its log says that it watches the mark',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'starting the fence guard' }, (alive) =>
      startGuard(input, alive),
    ),
});

async function startGuard(input: GuardInput, world: StepWorld): Promise<StepResult> {
  const { run, epoch } = input;
  const [jobs, records] = await Promise.all([world.deps.jobs(run.source), world.deps.runs(run.source)]);
  const record = records.open(run.runId);
  await requireUnmarked(record, input);
  const key = guardKey(run.runId, epoch);
  await record.note<NoteValues['guard']>('guard', String(epoch), { epoch, key });
  const before = await jobs.poll(key);
  const job = toGuardJob(input, { markPath: record.markPath(epoch), deps: world.deps });
  await waitUntilReady(job, { jobs, epoch, world });
  // A guard that was ready and has given writes back since is none.
  await requireUnmarked(record, input);
  return { changed: before.phase === 'absent' };
}

function toGuardJob(input: GuardInput, { markPath, deps }: { markPath: string; deps: StepDeps }): JobSpec {
  const { run, epoch, deadlineMs, fence, tables } = input;
  const settings = {
    runId: run.runId,
    epoch,
    markPath,
    deadlineMs,
    tables: fence === 'command' ? [] : tables.map((table) => ({ ...table, fence })),
    ...(fence === 'command' ? { unfenceCommand: [...requireLocalArgv(input, deps), 'unfence'] } : {}),
  };
  const key = guardKey(run.runId, epoch);
  return { key, kind: 'fence-guard', timeLimitMs: deadlineMs + AFTER_DEADLINE_MS, settings };
}

/** The guard runs the command on the source's gateway by itself, so the command must be at home there. */
function requireLocalArgv(input: FenceInput, { inventory }: StepDeps): string[] {
  const name = requireCommand(input);
  const command = inventory.commands.get(name);
  if (command?.runOn === input.run.source) return command.argv;
  const why = command ? `runs on ${command.runOn}, the guard on ${input.run.source}` : 'is not in the clusters file';
  throw new Failure('request.invalid', `cutover.fenceCommand: command ${name} ${why}.`, { cluster: input.run.source });
}

interface Watch {
  jobs: Jobs;
  epoch: number;
  world: StepWorld;
}

async function waitUntilReady(job: JobSpec, { jobs, epoch, world: { ctx } }: Watch): Promise<void> {
  const deadlineMs = ctx.nowMs() + READY_LIMIT_MS;
  await jobs.ensure(job);
  // From the start of the log: an attempt before this one may have read the line.
  let state = await jobs.poll(job.key, 0);
  for (let log = state.log; !log.includes(`GUARD READY ${epoch}`); log = (log + state.log).slice(-131_072)) {
    if (!isUnderWay(state)) throw toNoGuard(state, `it is ${state.phase}`);
    if (ctx.nowMs() > deadlineMs) throw toNoGuard(state, `it is not ready after ${READY_LIMIT_MS} ms`);
    await ctx.sleep(POLL_MS);
    state = await jobs.poll(job.key, state.logOffset);
  }
  if (!isUnderWay(state)) throw toNoGuard(state, `it is ${state.phase}`);
}

function isUnderWay({ phase }: JobState): boolean {
  return phase === 'starting' || phase === 'running' || phase === 'absent';
}

function toNoGuard({ key, host, log }: JobState, why: string): Failure {
  return new Failure('cutover.failed', `The fence guard ${key} does not watch: ${why}. Nothing was fenced.`, {
    ...(host === undefined ? {} : { host }),
    logTail: log.slice(-1_024),
  });
}
