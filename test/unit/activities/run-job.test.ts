import { describe, expect, it } from 'vitest';
import type { StepWorld } from '../../../activities/define-step.ts';
import type { Jobs, JobSpec, JobState } from '../../../activities/jobs/jobs.ts';
import { endOf, reasonIn, runJob } from '../../../activities/run-job.ts';
import { createPlainContext, type CancelCause, type ProgressReport } from '../../../activities/step-context.ts';

const job: JobSpec = { key: 'r/export/s/1', timeLimitMs: 1, kind: 'program', program: 'hadoop', args: [] };

type Part = Partial<JobState>;

/** Answers by key, in turn; the last answer stays. */
function createJobs(script: Record<string, Part[]>) {
  const called: string[] = [];
  const next = (key: string): JobState => {
    const left = script[key] ?? [];
    const part = left.length > 1 ? left.shift() : left[0];
    return { key, phase: 'absent', log: '', logOffset: 0, counters: {}, ...part };
  };
  const jobs: Jobs = {
    cluster: 'old',
    ensure: async ({ key }) => {
      called.push(`ensure ${key}`);
      return next(key);
    },
    poll: async (key) => next(key),
    stop: async (key) => void called.push(`stop ${key}`),
    remove: async () => {},
    list: async () => [],
  };
  return { jobs, called };
}

function worldOf(jobs: Jobs, options: Parameters<typeof createPlainContext>[0] = {}): StepWorld {
  const ctx = createPlainContext({ sleep: async () => {}, ...options });
  return { ctx, deps: { jobs: async () => jobs } as unknown as StepWorld['deps'] };
}

const run = (world: StepWorld) => runJob({ world, cluster: 'old', job, phase: 'export', totalBytes: 200 });

describe('runJob', () => {
  it('a job: is followed to its exit code, with its bytes by percent and its whole log', async () => {
    const seen: ProgressReport[] = [];
    const { jobs } = createJobs({
      [job.key]: [
        { phase: 'starting', log: 'a' },
        { phase: 'running', percent: 50, log: 'b' },
        { phase: 'exited', exitCode: 0, log: 'c' },
      ],
    });
    const finished = await run(worldOf(jobs, { onProgress: (report) => seen.push(report) }));
    expect(finished).toMatchObject({ exitCode: 0, logTail: 'abc' });
    expect(seen).toEqual([{ phase: 'export' }, { phase: 'export', done: 100, total: 200, unit: 'bytes' }]);
  });

  it('a job that ended long ago: is not started again', async () => {
    const { jobs, called } = createJobs({ [job.key]: [{ phase: 'exited', exitCode: 0 }] });
    await run(worldOf(jobs));
    expect(called).toEqual([`ensure ${job.key}`]);
  });

  it('a lost job: is started again under a key of its own', async () => {
    const { jobs, called } = createJobs({
      [job.key]: [{ phase: 'lost' }],
      [`${job.key}.1`]: [{ phase: 'exited', exitCode: 0 }],
    });
    expect(await run(worldOf(jobs))).toMatchObject({ exitCode: 0, key: `${job.key}.1` });
    expect(called).toEqual([`ensure ${job.key}`, `ensure ${job.key}.1`]);
  });

  it('a job that failed or was killed: is started again, and its last exit code counts', async () => {
    const failed = (exitCode: number): Part[] => [{ phase: 'exited', exitCode }];
    const { jobs, called } = createJobs({
      [job.key]: failed(137),
      [`${job.key}.1`]: failed(1),
      [`${job.key}.2`]: failed(1),
      [`${job.key}.3`]: failed(2),
    });
    expect(await run(worldOf(jobs))).toMatchObject({ exitCode: 2, key: `${job.key}.3` });
    expect(called).toHaveLength(4);
  });

  it('a job that met its time limit: is not started again', async () => {
    const { jobs, called } = createJobs({ [job.key]: [{ phase: 'exited', exitCode: 124 }] });
    expect(await run(worldOf(jobs))).toMatchObject({ exitCode: 124 });
    expect(called).toHaveLength(1);
  });

  it('a job that is lost again and again: fails in the end', async () => {
    const lost = Object.fromEntries(['', '.1', '.2', '.3'].map((end) => [job.key + end, [{ phase: 'lost' as const }]]));
    await expect(run(worldOf(createJobs(lost).jobs))).rejects.toMatchObject({ code: 'job.failed' });
  });

  it('an unknown job: is held, never started again', async () => {
    const { jobs, called } = createJobs({ [job.key]: [{ phase: 'unknown', host: 'gw1' }] });
    await expect(run(worldOf(jobs))).rejects.toMatchObject({ code: 'job.unknown', retryable: true });
    expect(called).toEqual([`ensure ${job.key}`]);
  });

  it('a job that is found lost after a cancellation: is not started again', async () => {
    const { jobs, called } = createJobs({ [job.key]: [{ phase: 'running' }, { phase: 'lost' }] });
    const cancelled = new AbortController();
    const poll: Jobs['poll'] = async (key) => {
      cancelled.abort(new Error('cancelled'));
      return jobs.poll(key);
    };
    await expect(run(worldOf({ ...jobs, poll }, { signal: cancelled.signal }))).rejects.toThrow('cancelled');
    expect(called.filter((call) => call.startsWith('ensure'))).toEqual([`ensure ${job.key}`]);
  });

  it.each<[CancelCause, string[]]>([
    ['requested', [`ensure ${job.key}`, `stop ${job.key}`]],
    ['interrupted', [`ensure ${job.key}`]],
  ])('a cancellation that is %s: stops the job only when a person asked', async (cancelCause, expected) => {
    const { jobs, called } = createJobs({ [job.key]: [{ phase: 'running' }] });
    const cancelled = new AbortController();
    const sleep = async () => cancelled.abort(new Error('cancelled'));
    await expect(run(worldOf(jobs, { signal: cancelled.signal, cancelCause, sleep }))).rejects.toThrow('cancelled');
    expect(called).toEqual(expected);
  });
});

describe('what a log says', () => {
  const log = [
    'ERROR snapshot.ExportSnapshot: Snapshot export failed',
    'java.io.IOException: java.util.concurrent.ExecutionException',
    '\tat org.apache.hadoop.mapred.LocalJobRunner.submitJob(LocalJobRunner.java:788)',
    'Caused by: java.io.FileNotFoundException: File /tmp/x does not exist',
    '\tat org.apache.hadoop.fs.FileSystem.rename(FileSystem.java:1452)',
    '\t... 1 more',
    '',
  ].join('\n');

  it('reasonIn: names the deepest cause, or nothing', () => {
    expect(reasonIn(log)).toBe('java.io.FileNotFoundException: File /tmp/x does not exist');
    expect(reasonIn('all is well\n')).toBe('');
  });

  it('endOf: leaves the frames of stacks out', () => {
    expect(endOf(log).split('\n')).toHaveLength(3);
    expect(endOf(log)).not.toContain('LocalJobRunner.java');
  });
});
