import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Jobs, JobSpec } from '../../../activities/jobs/jobs.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { startJobWorld, waitForPhase, type JobWorld } from './job-world.ts';

/**
 * The runner's side of the queue in shell: the launcher's part is tested here, the real runner end to end. Takes what
 * is queued while `gate` is open, one at a time, and runs `sh -c <first argument>`.
 */
const RUNNER = `#!/bin/sh
idle=$4 launcher=$5 runner=$6 world=WORLD
echo $$ >> "$world/runners"
read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ start _ < /proc/$$/stat
read -r boot < "$TEMPORAL_HBASE_BOOT_ID_FILE"
quiet=0
while :; do
  if [ -e "$world/gate" ]; then
    for entry in "$runner"/queue/*; do
      [ -e "$entry" ] || continue
      quiet=0
      folder=$(cat "$entry")
      echo "$$ $start $boot 0 0 2026-01-01T00:00:00Z" > "$folder/process.next"
      mv "$entry" "$folder/taken" || continue
      [ -e "$world/die-after-taking" ] && kill -KILL $$
      cp "$folder/process.next" "$folder/process.tmp"
      mv "$folder/process.tmp" "$folder/process"
      sh -c "$(sed -n 's/^arg //p' "$folder/input" | sed 's/%20/ /g;s/%3B/;/g')" > "$folder/log" 2>&1
      echo "$? 2026-01-01T00:00:01Z" > "$folder/exit.tmp"
      mv "$folder/exit.tmp" "$folder/exit"
    done
  fi
  quiet=$((quiet + 1))
  [ "$quiet" -gt $((idle * 20)) ] && sh "$launcher" retire "$runner" && exit 0
  sleep 0.05
done
`;

interface SharedWorld extends JobWorld {
  jobs: Jobs;
  runners: () => number[];
  open(): void;
}

async function startSharedWorld({ open = true, runnerIdleSeconds = 60 } = {}): Promise<SharedWorld> {
  const world = await startJobWorld();
  const hbase = join(world.sshd.folder, 'hbase');
  writeFileSync(hbase, RUNNER.replace('WORLD', world.sshd.folder), { mode: 0o755 });
  const file = join(world.sshd.folder, 'runners');
  const gate = join(world.sshd.folder, 'gate');
  if (open) writeFileSync(gate, '');
  return {
    ...world,
    jobs: world.newJobs({ programs: { hbase, hadoop: 'sh', hdfs: 'sh', yarn: 'false' } }, { runnerIdleSeconds }),
    runners: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : []),
    open: () => writeFileSync(gate, ''),
  };
}

function sharedJob(subject: string, { script = 'echo ran', generation = 1 } = {}): JobSpec {
  return {
    key: `run000001/export/${subject}/${generation}`,
    kind: 'tool',
    className: 'any.Tool',
    args: [script],
    settings: {},
    runIn: 'shared',
    timeLimitMs: 60_000,
  };
}

async function killRunner({ runners }: SharedWorld): Promise<void> {
  const pid = runners().at(-1) ?? 0;
  process.kill(pid, 'SIGKILL');
  await waitUntil('the runner is gone', () => !existsSync(`/proc/${pid}`));
}

test('shared: jobs submitted together are run by one runner, each with its own log and code', async () => {
  const world = await startSharedWorld();
  const specs = [sharedJob('a'), sharedJob('b', { script: 'echo b; exit 4' }), sharedJob('c'), sharedJob('c')];
  await Promise.all(specs.map((spec) => world.jobs.ensure(spec)));
  const states = await Promise.all(specs.map((spec) => waitForPhase(world.jobs, spec, 'exited')));
  expect(states.map(({ exitCode, log }) => [exitCode, log])).toEqual([
    [0, 'ran\n'],
    [4, 'b\n'],
    [0, 'ran\n'],
    [0, 'ran\n'],
  ]);
  expect(world.runners()).toHaveLength(1);
});

test('shared: a killed runner loses what it ran and what waited; another generation starts another runner', async () => {
  const world = await startSharedWorld();
  const [running, waiting] = [sharedJob('a', { script: 'sleep 60' }), sharedJob('b')];
  await world.jobs.ensure(running);
  await waitForPhase(world.jobs, running, 'running');
  expect(await world.jobs.ensure(waiting)).toMatchObject({ phase: 'starting' });
  await killRunner(world);
  await waitForPhase(world.jobs, running, 'lost');
  await waitForPhase(world.jobs, waiting, 'lost');
  const again = sharedJob('b', { generation: 2, script: 'echo again' });
  await world.jobs.ensure(again);
  expect(await waitForPhase(world.jobs, again, 'exited')).toMatchObject({ log: 'again\n' });
  expect(world.runners()).toHaveLength(2);
  expect(await world.jobs.ensure(waiting)).toMatchObject({ phase: 'lost', log: '' });
});

test('shared: a runner that dies right after taking a job loses it', async () => {
  const world = await startSharedWorld();
  const job = sharedJob('a');
  writeFileSync(join(world.sshd.folder, 'die-after-taking'), '');
  await world.jobs.ensure(job);
  await waitForPhase(world.jobs, job, 'lost');
  expect(await world.jobs.ensure(job)).toMatchObject({ phase: 'lost' });
});

test('shared: an idle runner ends, and the next job starts another', async () => {
  const world = await startSharedWorld({ runnerIdleSeconds: 1 });
  const { jobs } = world;
  await jobs.ensure(sharedJob('a'));
  await waitForPhase(jobs, sharedJob('a'), 'exited');
  const [pid = 0] = world.runners();
  await waitUntil('the idle runner has ended', () => !existsSync(`/proc/${pid}`));
  await jobs.ensure(sharedJob('b'));
  expect(await waitForPhase(jobs, sharedJob('b'), 'exited')).toMatchObject({ exitCode: 0 });
  expect(world.runners()).toHaveLength(2);
  expect(await jobs.poll(sharedJob('a').key)).toMatchObject({ phase: 'exited', exitCode: 0 });
});

test('shared: a job stopped before it was taken never begins', async () => {
  const world = await startSharedWorld({ open: false });
  const job = sharedJob('a');
  await world.jobs.ensure(job);
  await world.jobs.stop(job.key);
  expect(await world.jobs.poll(job.key)).toMatchObject({ phase: 'exited', exitCode: 143, log: '' });
  world.open();
  const next = sharedJob('b');
  await world.jobs.ensure(next);
  await waitForPhase(world.jobs, next, 'exited');
  expect(await world.jobs.poll(job.key)).toMatchObject({ phase: 'exited', exitCode: 143, log: '' });
});

test('shared: remove takes folder and claim and leaves the queue empty', async () => {
  const world = await startSharedWorld();
  const job = sharedJob('a');
  await world.jobs.ensure(job);
  await waitForPhase(world.jobs, job, 'exited');
  await world.jobs.remove(job.key);
  expect(existsSync(join(world.workDir, 'jobs'))).toBe(false);
  const runners = join(world.workDir, 'runners');
  expect(readdirSync(join(runners, readdirSync(runners)[0] ?? '', 'queue'))).toEqual([]);
});
