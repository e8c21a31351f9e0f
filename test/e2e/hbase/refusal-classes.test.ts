import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type HBaseInstallation, installHBase } from '../../../sandbox/hbase/install.ts';
import { DO_NOT_RETRY_CLASSES } from '../../unit/hbase/do-not-retry-classes.ts';

const run = promisify(execFile);
const LIMITS = { timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
const PREFIX = 'org.apache.hadoop.hbase.';
const ROOT = `${PREFIX}DoNotRetryIOException`;

/** Every class with `Exception` in its name, in the jars of HBase itself. */
async function listExceptions(jars: string[]): Promise<string[]> {
  const listed = await Promise.all(jars.map((jar) => run('jar', ['tf', jar], LIMITS)));
  const files = listed.flatMap(({ stdout }) => stdout.split('\n'));
  const classes = files.filter((file) => /^org\/apache\/hadoop\/hbase\/.*Exception[^/]*\.class$/.test(file));
  return [...new Set(classes.map((file) => file.replace(/\.class$/, '').replaceAll('/', '.')))];
}

/** DoNotRetryIOException and all that extends it, without the prefix. */
async function listDoNotRetry({ jars: all }: HBaseInstallation): Promise<string[]> {
  const jars = all.filter((jar) => path.basename(jar).startsWith('hbase-'));
  const { stdout } = await run('javap', ['-cp', jars.join(':'), ...(await listExceptions(jars))], LIMITS);
  const parents = new Map([...stdout.matchAll(/class (\S+) extends (\S+)/g)].map(([, own, parent]) => [own!, parent!]));
  const isBelow = (name: string | undefined): boolean =>
    name === ROOT || (name !== undefined && isBelow(parents.get(name)));
  return [...parents.keys()].filter(isBelow).map((name) => name.slice(PREFIX.length));
}

test.each(['1.7.1', '2.4.17', '2.6.1'] as const)(
  'HBase %s: each class that tells clients not to repeat a request is decided, and no other is listed',
  async (version) => {
    const found = await listDoNotRetry(await installHBase(version));
    const line = version.slice(0, 3);
    const decided = Object.entries(DO_NOT_RETRY_CLASSES).filter(([, { lines }]) => lines.split(' ').includes(line));
    expect(found.toSorted()).toEqual(decided.map(([name]) => name).toSorted());
  },
);
