import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { formatXml, writeConf } from '../../../../sandbox/hbase/conf.ts';

const PORTS = {
  nameNode: 1,
  nameNodeHttp: 2,
  dataNode: 3,
  dataNodeIpc: 4,
  dataNodeHttp: 5,
  zooKeeper: 6,
  master: 7,
  masterInfo: 8,
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conf-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function readSite(name: string, options: { multiwal?: boolean } = {}): Promise<string> {
  const multiwal = options.multiwal ?? false;
  await writeConf({ folder, dataDir: '/a folder/data', ports: PORTS, regionServers: 2, multiwal });
  return await readFile(join(folder, name), 'utf8');
}

const provider = (value: string) => `<name>hbase.wal.provider</name><value>${value}</value>`;

describe('formatXml', () => {
  test('values are escaped', () => {
    expect(formatXml({ a: '<x> & y' })).toContain('<value>&lt;x&gt; &amp; y</value>');
  });
});

describe('writeConf', () => {
  test('a folder with a space becomes a valid URI', async () => {
    expect(await readSite('hdfs-site.xml')).toContain('file:///a%20folder/data/namenode');
  });

  test('nothing is bound to all interfaces', async () => {
    for (const name of ['core-site.xml', 'hdfs-site.xml', 'hbase-site.xml', 'mapred-site.xml']) {
      expect(await readSite(name)).not.toContain('0.0.0.0');
    }
  });

  test('several WALs come only on demand', async () => {
    expect(await readSite('hbase-site.xml')).toContain(provider('filesystem'));
    expect(await readSite('hbase-site.xml', { multiwal: true })).toContain(provider('multiwal'));
  });

  test('without YARN there is no yarn-site.xml, and jobs run in the driver', async () => {
    expect(await readSite('mapred-site.xml')).toContain('<name>mapreduce.framework.name</name><value>local</value>');
    expect(await readdir(folder)).not.toContain('yarn-site.xml');
  });
});
