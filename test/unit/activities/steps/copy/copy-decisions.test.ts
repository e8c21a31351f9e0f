import { describe, expect, it } from 'vitest';
import { decideChecksum } from '../../../../../activities/steps/copy/checksum-mode.ts';
import { toCopierArgs, toDistCpMeaning } from '../../../../../activities/steps/copy/copier-args.ts';
import { toSettings } from '../../../../../activities/steps/copy/roots.ts';

const HDFS = { fromRoot: 'hdfs://old/hbase', toRoot: 'hdfs://new/hbase' };

describe('decideChecksum', () => {
  it.each<[string, string[], string, { fromRoot: string; toRoot: string }?]>([
    ['2.4.17', ['3.3.6', '3.3.6'], 'length-only'],
    ['2.5.8', ['3.3.6', '3.3.6'], 'length-only'],
    ['2.6.0', ['3.3.6', '3.3.6'], 'length-only'],
    ['2.5.9', ['3.3.6', '3.3.6'], 'composite-crc'],
    ['2.6.1-hadoop3', ['3.4.3', '3.4.3'], 'composite-crc'],
    ['2.6.1', ['3.4.3', '2.10.2'], 'file-checksum'],
    ['3.0.0', ['3.4.3', '3.4.3'], 'length-only', { ...HDFS, toRoot: 's3a://bucket/root' }],
  ])('HBase %s on Hadoop %j: says how files are compared', (...question) => {
    const [hbaseVersion, hadoopVersions, checksum, roots = HDFS] = question;
    expect(decideChecksum({ hbaseVersion, hadoopVersions, ...roots }).checksum).toBe(checksum);
  });

  it.each(['2.6.1', '2.4.17', '1.7.1'])(
    'HBase %s, unlike file systems: by length, or each export would fail or copy all files again',
    (hbaseVersion) => {
      const mode = decideChecksum({ hbaseVersion, hadoopVersions: ['3.4.3'], ...HDFS, toRoot: 'file:///x' });
      expect(mode).toEqual({ checksum: 'length-only', args: ['-no-checksum-verify'], settings: {} });
    },
  );

  it('an export before 2.5.9: takes what is there by its checksum, and looks at the length only after a copy', () => {
    const mode = decideChecksum({ hbaseVersion: '2.4.17', hadoopVersions: ['2.10.2'], ...HDFS });
    expect(mode).toEqual({ checksum: 'length-only', args: [], settings: {} });
  });
});

describe('toCopierArgs', () => {
  const call = { from: 'hdfs://a/x', to: 'hdfs://b/x', mappers: 8, bandwidthMb: 0 };

  it('DistCp: updates, with limits and options before the paths', () => {
    const copier = { kind: 'distcp' as const, options: ['-log', '/tmp/l'] };
    expect(toCopierArgs({ ...call, copier, bandwidthMb: 50, queue: 'batch' })).toEqual([
      'distcp',
      '-Dmapreduce.job.queuename=batch',
      '-update',
      '-m',
      '8',
      '-bandwidth',
      '50',
      '-log',
      '/tmp/l',
      'hdfs://a/x',
      'hdfs://b/x',
    ]);
  });

  it('DistCp between unlike file systems: does not compare their checksums', () => {
    const copier = { kind: 'distcp' as const, options: [] };
    expect(toCopierArgs({ ...call, copier, to: 'oss://b/x' })).toContain('-skipcrccheck');
  });

  it('JindoDistCp: runs the jar named first among the options', () => {
    const copier = { kind: 'jindo-distcp' as const, options: ['/opt/jindo.jar', '--disableChecksum'] };
    const args = toCopierArgs({ ...call, copier });
    expect(args.slice(0, 6)).toEqual(['jar', '/opt/jindo.jar', '--src', 'hdfs://a/x', '--dest', 'hdfs://b/x']);
    expect(args.at(-1)).toBe('--disableChecksum');
  });

  it('exit codes of DistCp: are told modulo 256', () => {
    expect(toDistCpMeaning(255)).toMatch(/source is missing/);
    expect(toDistCpMeaning(7)).toBeUndefined();
  });
});

describe('toSettings', () => {
  it('options of the clusters file: become settings, split at the first sign', () => {
    expect(toSettings(['-Da.b=c=d', '-Dflag'])).toEqual({ 'a.b': 'c=d', flag: 'true' });
  });
});
