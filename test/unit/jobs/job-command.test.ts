import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toJobCommand } from '../../../activities/jobs/job-command.ts';
import type { JobSpec } from '../../../activities/jobs/jobs.ts';
import { clusterOn } from '../../support/sshd.ts';

const scripts = { runner: 'runner-1.rb', guard: 'guard-1.rb', runnerIdleSeconds: 20 };
const mapReduce = { queue: 'batch', options: ['-Da.b=1=2', '-Dc='] };
const cluster = clusterOn([], { mapReduce });
const tool = (overrides: {
  settings?: Record<string, string>;
  args?: string[];
  runIn?: 'own' | 'shared';
}): JobSpec => ({
  key: 'r/s/t/1',
  timeLimitMs: 1_500,
  kind: 'tool',
  className: 'x.Tool',
  args: [],
  settings: {},
  runIn: 'own',
  ...overrides,
});

test('tool: queue and options of the clusters file come first, the job own settings win', () => {
  const { argv, shared } = toJobCommand(tool({ settings: { c: '3' }, args: ['-x', 'y z'] }), { cluster, scripts });
  expect(argv).toEqual(['hbase', 'x.Tool', '-Dmapreduce.job.queuename=batch', '-Da.b=1=2', '-Dc=3', '-x', 'y z']);
  expect(shared).toBe(false);
});

test('distcp: options stand between the name and the arguments', () => {
  const job: JobSpec = {
    key: 'r/s/t/1',
    timeLimitMs: 1,
    kind: 'program',
    program: 'hadoop',
    args: ['distcp', '-update', 'a'],
  };
  const options = ['-Dmapreduce.job.queuename=batch', '-Da.b=1=2', '-Dc='];
  expect(toJobCommand(job, { cluster, scripts }).argv).toEqual(['hadoop', 'distcp', ...options, '-update', 'a']);
});

test('shared: any settings and arguments survive the runner input', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(fc.array(text), fc.dictionary(fc.string({ minLength: 1 }), text), (args, settings) => {
      const job = tool({ args, settings, runIn: 'shared' });
      const { input } = toJobCommand(job, { cluster: clusterOn([]), scripts });
      const lines = input.split('\n').map((line) => line.split(' ').map(decodeURIComponent));
      expect(lines.slice(0, 2)).toEqual([
        ['limit', '2'],
        ['class', 'x.Tool'],
      ]);
      expect(lines.filter(([kind]) => kind === 'arg').map(([, value]) => value)).toEqual(args);
      const own = lines.filter(([kind, name]) => kind === 'setting' && Object.hasOwn(settings, name ?? ''));
      expect(Object.fromEntries(own.map(([, name, value]) => [name, value]))).toEqual({ ...settings });
    }),
  );
});
