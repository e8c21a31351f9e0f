import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitUntil } from '../../support/wait-until.ts';
import { shellJob, startJobWorld, waitForPhase } from './job-world.ts';

const KEY = 'run000001/export/t1/1';

test('poll: the log comes in chunks that fit together, whole characters each', async () => {
  const jobs = (await startJobWorld()).newJobs();
  const job = shellJob('i=0; while [ $i -lt 9000 ]; do echo "zeile ü $i"; i=$((i+1)); done; echo wait; sleep 300');
  await jobs.ensure(job);
  let log = '';
  let offset = 0;
  await waitUntil('all is read', async () => {
    const state = await jobs.poll(KEY, offset);
    [log, offset] = [log + state.log, state.logOffset];
    expect(Buffer.byteLength(state.log)).toBeLessThanOrEqual(65_536);
    return log.endsWith('wait\n');
  });
  expect(log.split('\n').slice(0, -2)).toEqual(Array.from({ length: 9000 }, (_, index) => `zeile ü ${index}`));
});

test('poll: of an ended job with a long unread log the end is shown', async () => {
  const jobs = (await startJobWorld()).newJobs();
  const job = shellJob('head -c 200000 /dev/zero | tr "\\0" x; echo THE END');
  await jobs.ensure(job);
  const state = await waitForPhase(jobs, job, 'exited');
  expect(state.log).toHaveLength(65_536);
  expect(state.log.endsWith('THE END\n')).toBe(true);
  expect(state.logOffset).toBe(200_008);
});

test('poll: progress, counters and the application id are read from the log', async () => {
  const world = await startJobWorld();
  const jobs = world.newJobs();
  const log = join(world.sshd.folder, 'hadoop.log');
  writeFileSync(
    log,
    `INFO mapreduce.JobSubmitter: Submitting tokens for job: job_1700000000000_0042
INFO mapreduce.Job:  map 0% reduce 0%
INFO mapreduce.Job:  map 57% reduce 0%
INFO mapreduce.Job: Counters: 3
\tFile System Counters
\t\tFILE: Number of bytes read=1024
\torg.apache.hadoop.hbase.snapshot.ExportSnapshot$Counter
\t\tBYTES_COPIED=4096
\t\tMISSING_FILES=0
INFO done
`,
  );
  const job = shellJob(`cat ${log}`);
  await jobs.ensure(job);
  expect(await waitForPhase(jobs, job, 'exited')).toMatchObject({
    percent: 57,
    applicationId: 'application_1700000000000_0042',
    counters: {
      BYTES_COPIED: 4096,
      'org.apache.hadoop.hbase.snapshot.ExportSnapshot$Counter.BYTES_COPIED': 4096,
      'FILE: Number of bytes read': 1024,
      MISSING_FILES: 0,
    },
  });
});
