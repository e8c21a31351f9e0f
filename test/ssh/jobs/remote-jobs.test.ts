import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { JobState } from '../../../activities/jobs/jobs.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { processesOf, processIds, shellJob, startJobWorld, waitForPhase, type JobWorld } from './job-world.ts';

const KEY = 'run000001/export/t1/1';
const lines = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
const startsOf = (world: JobWorld): string => join(world.sshd.folder, 'starts');
/** Counts its starts, then waits for a file. */
const waitingJob = (world: JobWorld): string =>
  `echo start >> ${startsOf(world)}; while [ ! -e ${world.sshd.folder}/go ]; do sleep 0.05; done; echo done; exit 3`;
const letGo = (world: JobWorld): void => writeFileSync(join(world.sshd.folder, 'go'), '');

test.each(['/usr/bin/dash', '/bin/bash'])('job: output, exit code and times come back from %s', async (shell) => {
  const jobs = (await startJobWorld(shell)).newJobs();
  const job = shellJob('echo out ü; echo err >&2; exit 7');
  await jobs.ensure(job);
  const state = await waitForPhase(jobs, job, 'exited');
  expect(state).toMatchObject({ key: KEY, exitCode: 7, log: 'out ü\nerr\n', logOffset: 11 });
  expect(Date.parse(state.startedAt ?? '')).toBeLessThanOrEqual(Date.parse(state.finishedAt ?? ''));
});

test('job: twenty parallel ensures by five workers start it once', async () => {
  const world = await startJobWorld();
  const job = shellJob(waitingJob(world));
  const workers = Array.from({ length: 5 }, () => world.newJobs());
  const ensureBy = (jobs = world.newJobs()): Promise<JobState> => jobs.ensure(job);
  const states = await Promise.all(Array.from({ length: 20 }, (_, index) => ensureBy(workers[index % 5])));
  expect(states.every(({ phase }) => phase === 'running')).toBe(true);
  letGo(world);
  await waitForPhase(world.newJobs(), job, 'exited');
  expect(lines(startsOf(world))).toEqual(['start']);
});

test('job: another worker attaches, also after the end', async () => {
  const world = await startJobWorld();
  const job = shellJob(waitingJob(world));
  await world.newJobs().ensure(job);
  expect(await world.newJobs().ensure(job)).toMatchObject({ phase: 'running' });
  letGo(world);
  await waitForPhase(world.newJobs(), job, 'exited');
  expect(await world.newJobs().ensure(job)).toMatchObject({ phase: 'exited', exitCode: 3 });
  expect(lines(startsOf(world))).toEqual(['start']);
});

test('job: the same key with another input is a conflict', async () => {
  const jobs = (await startJobWorld()).newJobs();
  await jobs.ensure(shellJob('exit 0'));
  await expect(jobs.ensure(shellJob('exit 1'))).rejects.toMatchObject({ code: 'job.conflict' });
});

test('job: a worker that dies between claim and start is made good by the next', async () => {
  const world = await startJobWorld();
  const job = shellJob('echo ran');
  world.files.contents.set('/state/runs/run000001/jobs/export~t1~1', await claimOf(world, job));
  const jobs = world.newJobs();
  await jobs.ensure(job);
  expect(await waitForPhase(jobs, job, 'exited')).toMatchObject({ log: 'ran\n' });
});

test('job: kill -9 of the program is an exit with 137', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob('exec sleep 300');
  await jobs.ensure(job);
  process.kill(processIds(world).job, 'SIGKILL');
  expect(await waitForPhase(jobs, job, 'exited')).toMatchObject({ exitCode: 137 });
});

test('job: kill -9 of the job with its supervisor is lost, never started again', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob(`echo start >> ${startsOf(world)}; exec sleep 300`);
  await jobs.ensure(job);
  await waitUntil('it has started', () => lines(startsOf(world)).length > 0);
  process.kill(processIds(world).supervisor, 'SIGKILL');
  expect(await jobs.poll(KEY)).toMatchObject({ phase: 'running' });
  process.kill(processIds(world).job, 'SIGKILL');
  expect(await waitForPhase(jobs, job, 'lost')).not.toHaveProperty('exitCode');
  expect(await world.newJobs().ensure(job)).toMatchObject({ phase: 'lost' });
  expect(lines(startsOf(world))).toEqual(['start']);
});

test('job: it is not lost while a child of it works on', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob('setsid sleep 300 & wait');
  await jobs.ensure(job);
  await waitUntil('the child runs', () => processesOf(`TEMPORAL_HBASE_JOB=${world.workDir}`).length >= 2);
  process.kill(processIds(world).supervisor, 'SIGKILL');
  process.kill(processIds(world).job, 'SIGKILL');
  await waitUntil('the job itself is gone', () => processesOf(`TEMPORAL_HBASE_JOB=${world.workDir}`).length === 1);
  expect(await jobs.poll(KEY)).toMatchObject({ phase: 'running' });
  await jobs.stop(KEY);
  expect(await jobs.poll(KEY)).toMatchObject({ phase: 'lost' });
});

test('job: a reboot of the host loses it', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob(waitingJob(world));
  await jobs.ensure(job);
  writeFileSync(world.bootFile, 'boot-2\n');
  // The processes of before the boot are not there any more.
  for (const pid of processesOf(world.workDir)) process.kill(pid, 'SIGKILL');
  expect(await waitForPhase(jobs, job, 'lost')).toMatchObject({ key: KEY });
  expect(await jobs.ensure(job)).toMatchObject({ phase: 'lost' });
  expect(lines(startsOf(world))).toHaveLength(1);
});

test('job: a reboot between claim and start starts nothing', async () => {
  const world = await startJobWorld();
  const job = shellJob(`echo start >> ${startsOf(world)}`);
  world.files.contents.set(`/state/runs/run000001/jobs/export~t1~1`, await claimOf(world, job));
  writeFileSync(world.bootFile, 'boot-2\n');
  expect(await world.newJobs().ensure(job)).toMatchObject({ phase: 'lost' });
  expect(lines(startsOf(world))).toEqual([]);
});

test('job: a started job whose folder was removed is lost, not started again', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob('exit 0');
  await jobs.ensure(job);
  await waitForPhase(jobs, job, 'exited');
  rmSync(world.workDir, { recursive: true });
  expect(await jobs.poll(KEY)).toMatchObject({ phase: 'lost' });
  expect(await world.newJobs().ensure(job)).toMatchObject({ phase: 'lost' });
});

test('job: a host that does not answer is unknown, and no other host starts it', async () => {
  const world = await startJobWorld();
  const proxy = await startTcpProxy(world.sshd.port);
  onTestFinished(() => proxy.close());
  const both = { gateways: [world.sshd.target({ port: proxy.port }), world.sshd.target()] };
  const job = shellJob(waitingJob(world));
  await world.newJobs(both).ensure(job);
  proxy.refuse(true);
  proxy.cut();
  const other = world.newJobs(both);
  expect(await other.ensure(job)).toMatchObject({ phase: 'unknown', host: `127.0.0.1:${proxy.port}` });
  expect(await other.poll(KEY)).toMatchObject({ phase: 'unknown' });
  expect(await world.newJobs({ gateways: [world.sshd.target()] }).ensure(job)).toMatchObject({ phase: 'unknown' });
  proxy.heal();
  expect(await other.poll(KEY)).toMatchObject({ phase: 'running' });
  expect(lines(startsOf(world))).toEqual(['start']);
});

test('job: an unreachable first host is passed over by a new job', async () => {
  const world = await startJobWorld();
  const proxy = await startTcpProxy(world.sshd.port);
  onTestFinished(() => proxy.close());
  proxy.refuse(true);
  const jobs = world.newJobs({ gateways: [world.sshd.target({ port: proxy.port }), world.sshd.target()] });
  expect(await jobs.ensure(shellJob('exit 0'))).toMatchObject({ host: `127.0.0.1:${world.sshd.port}` });
});

test('stop: the whole group ends, also a child that ignores TERM', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob('sh -c \'trap "" TERM; while :; do sleep 0.1; done\' & sleep 300 & wait');
  await jobs.ensure(job);
  await waitUntil('children run', () => processesOf(`TEMPORAL_HBASE_JOB=${world.workDir}`).length >= 3);
  await jobs.stop(KEY);
  expect(processesOf(`TEMPORAL_HBASE_JOB=${world.workDir}`)).toEqual([]);
  expect(await jobs.poll(KEY)).toMatchObject({ phase: 'exited', exitCode: 143 });
  await jobs.stop(KEY);
  await jobs.stop('run000001/export/nothing/1');
});

test('time limit: the host ends the job by itself and says so in the log', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob('echo begun; sleep 300', { timeLimitMs: 1_000 });
  await jobs.ensure(job);
  const state = await waitForPhase(jobs, job, 'exited');
  expect(state.exitCode).toBe(143);
  expect(state.log).toContain('ended at its time limit');
  await waitUntil('nothing of it is left', () => processesOf(world.workDir).length === 0);
});

test('lost: an application that YARN cannot confirm as ended holds the job', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  await jobs.ensure(shellJob('echo Submitted application application_1700000000000_0007; exec sleep 300'));
  await waitUntil('the id is logged', async () => (await jobs.poll(KEY)).applicationId !== undefined);
  process.kill(processIds(world).supervisor, 'SIGKILL');
  process.kill(processIds(world).job, 'SIGKILL');
  await waitUntil('it is gone', () => processesOf(`TEMPORAL_HBASE_JOB=${world.workDir}`).length === 0);
  await expect(jobs.poll(KEY)).rejects.toMatchObject({ code: 'job.unknown' });
  const calls = join(world.sshd.folder, 'yarn-calls');
  const yarn = join(world.sshd.folder, 'yarn');
  writeFileSync(yarn, `#!/bin/sh\necho "$@" >> ${calls}\necho "	Final-State : KILLED"\n`, { mode: 0o755 });
  const programs = { hbase: 'sh', hadoop: 'sh', hdfs: 'sh', yarn };
  expect(await world.newJobs({ programs }).poll(KEY)).toMatchObject({ phase: 'lost' });
  expect(lines(calls)[0]).toBe('application -kill application_1700000000000_0007');
});

test('remove: refuses a running job, then removes folder and claim', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob(waitingJob(world));
  await jobs.ensure(job);
  await expect(jobs.remove(KEY)).rejects.toMatchObject({ code: 'job.unknown' });
  expect(await jobs.list('run000001')).toEqual([KEY]);
  letGo(world);
  await waitForPhase(jobs, job, 'exited');
  await jobs.remove(KEY);
  expect(world.files.contents.size).toBe(0);
  expect(existsSync(join(world.workDir, 'jobs'))).toBe(false);
  expect(await world.newJobs().poll(KEY)).toMatchObject({ phase: 'absent' });
  await jobs.remove(KEY);
});

test('folder: nobody else may read a job', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const job = shellJob('exit 0');
  await jobs.ensure(job);
  await waitForPhase(jobs, job, 'exited');
  const folder = join(world.workDir, 'jobs', KEY);
  expect(statSync(world.workDir).mode & 0o777).toBe(0o700);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'log')).mode & 0o777).toBe(0o600);
});

test('guard: its script gets its settings in a file', async () => {
  const world = await startJobWorld();
  // As `hbase org.jruby.Main --disable-gems <script> <settings>`, with the shell as the interpreter.
  const hbase = join(world.sshd.folder, 'hbase');
  writeFileSync(hbase, '#!/bin/sh\nshift 2\nexec sh "$@"\n', { mode: 0o755 });
  const jobs = world.newJobs({ programs: { hbase, hadoop: 'sh', hdfs: 'sh', yarn: 'sh' } });
  const settings = { runId: 'run000001', epoch: 1, markPath: '/m', deadlineMs: 5, tables: [] };
  const job = { key: 'run000001/fence-guard/source/1', kind: 'fence-guard' as const, timeLimitMs: 60_000, settings };
  await jobs.ensure(job);
  expect(await waitForPhase(jobs, job, 'exited')).toMatchObject({ log: `guard ${JSON.stringify(settings)}\n` });
});

test.each(['a/b/c', 'a/b/c/d/e', 'a/../c/d', 'a/b c/c/d', '/b/c/d', 'a/b/.x/d'])('key: %j is refused', async (key) => {
  const jobs = (await startJobWorld()).newJobs();
  await expect(jobs.poll(key)).rejects.toMatchObject({ code: 'internal' });
});

test('folder: a work folder that cannot be made is named, and the job is held', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  await jobs.ensure(shellJob('exit 0'));
  writeFileSync(join(world.workDir, 'jobs', 'run000002'), 'in the way');
  const failure = await jobs.ensure(shellJob('exit 0', { key: 'run000002/a/b/1' })).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'job.unknown', message: expect.stringContaining(world.workDir) as string });
});

/** The claim of a worker that died right after making it. */
async function claimOf(world: JobWorld, job: ReturnType<typeof shellJob>): Promise<string> {
  const { files } = world;
  const create = files.create.bind(files);
  let claim = '';
  files.create = (_path, content) => {
    claim = content;
    return Promise.reject(new Error('the worker dies here'));
  };
  await expect(world.newJobs().ensure(job)).rejects.toThrow('dies here');
  files.create = create;
  return claim;
}
