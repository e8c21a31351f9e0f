import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { judgeSurvival } from '../../../activities/steps/check/judge-survival.ts';
import { readSurvival } from '../../../activities/jobs/survival.ts';
import { createJobs } from '../../../activities/jobs/remote-jobs.ts';
import { createConnectionPool } from '../../../activities/ssh/connection-pool.ts';
import { createGateway } from '../../../activities/ssh/gateway.ts';
import { createMemoryFiles } from '../../support/memory-files.ts';
import { clusterOn, startTestSshd } from '../../support/sshd.ts';
import { shellJob, waitForPhase } from './job-world.ts';

/**
 * An imitation of systemd-logind with KillUserProcesses=yes: what a session has started carries its mark and is killed
 * when the session's command ends, also in a process session of its own. Only `systemd-run` takes the mark off.
 */
const SESSION = `#!/bin/sh
mark="LOGIN_SESSION=$$-$(date +%N)"
export PATH="$LOGIN_BIN:$PATH"
export "$mark"
sh -c "$SSH_ORIGINAL_COMMAND"
code=$?
for pid in $(grep -lzxF -- "$mark" /proc/[0-9]*/environ 2>/dev/null | sed 's|^/proc/\\([0-9]*\\)/.*|\\1|'); do
  [ "$pid" = "$$" ] || kill -9 "$pid" 2>/dev/null
done
exit "$code"
`;
const SYSTEMD_RUN = `#!/bin/sh
[ -e "$XDG_RUNTIME_DIR/bus" ] || exit 1
while [ "$#" -gt 0 ]; do case $1 in --*) shift ;; *) break ;; esac; done
exec env -u LOGIN_SESSION "$@"
`;

const loginctl = (linger: 'yes' | 'no'): string => `#!/bin/sh
case $* in *Linger*) echo ${linger} ;; *KillUserProcesses*) echo yes ;; *) exit 1 ;; esac
`;

async function startHost(linger: 'yes' | 'no') {
  const sshd = await startTestSshd();
  onTestFinished(() => sshd.stop());
  const bin = join(sshd.folder, 'bin');
  const runtime = join(sshd.folder, 'runtime');
  for (const folder of [bin, runtime]) mkdirSync(folder);
  writeFileSync(join(runtime, 'bus'), '');
  const programs = { session: SESSION, 'systemd-run': SYSTEMD_RUN, loginctl: loginctl(linger) };
  for (const [name, content] of Object.entries(programs)) {
    writeFileSync(join(bin, name), content);
    chmodSync(join(bin, name), 0o755);
  }
  return { sshd, bin, runtime };
}

/** The same host through a server that lets nobody run anything but the imitation. */
async function startKillingHost(linger: 'yes' | 'no') {
  const { sshd: inner, bin, runtime } = await startHost(linger);
  const wrapper = `env LOGIN_BIN='${bin}' XDG_RUNTIME_DIR='${runtime}' '${join(bin, 'session')}'`;
  const sshd = await startTestSshd({ config: [`ForceCommand ${wrapper}`] });
  onTestFinished(() => sshd.stop());
  const programs = { hbase: '/bin/sh', hadoop: '/bin/sh', hdfs: '/bin/sh', yarn: '/bin/false' };
  return clusterOn([sshd.target()], { workDir: join(inner.folder, 'work'), programs });
}

test('logout that ends what a session started: a job is lost, and `check` says so with the way out', async () => {
  const cluster = await startKillingHost('no');
  const [found] = await readSurvival(cluster);
  expect(found).toMatchObject({ survives: false, endsAtLogout: true });
  expect(judgeSurvival('old', found!)).toMatchObject({
    fact: 'detached jobs',
    level: 'FAILED',
    fix: expect.stringMatching(/sudo loginctl enable-linger \S+$/) as string,
  });
});

test('logout where the user lingers: a job runs on in a scope of its own, and ends with its own exit code', async () => {
  const cluster = await startKillingHost('yes');
  const [found] = await readSurvival(cluster);
  expect(found).toMatchObject({ survives: true, endsAtLogout: false });
  expect(judgeSurvival('old', found!)).toMatchObject({ level: 'OK' });

  const files = createMemoryFiles();
  const connect = () => {
    const pool = createConnectionPool();
    onTestFinished(() => pool.close());
    const gateway = createGateway(pool, cluster);
    const guardScript = () => ({ fileName: 'guard-1.rb', content: '' });
    return { pool, jobs: createJobs({ gateway, files, runsDir: '/state/runs', guardScript }) };
  };
  const job = shellJob('sleep 1; exit 3');
  const first = connect();
  expect(await first.jobs.ensure(job)).toMatchObject({ phase: 'running' });
  await first.pool.close();
  expect(await waitForPhase(connect().jobs, job, 'exited')).toMatchObject({ exitCode: 3 });
});

test('a host without a login manager: a job outlives its connection', async () => {
  const sshd = await startTestSshd();
  onTestFinished(() => sshd.stop());
  const [found] = await readSurvival(clusterOn([sshd.target()], { workDir: join(sshd.folder, 'work') }));
  expect(found).toMatchObject({ survives: true, endsAtLogout: false });
});
