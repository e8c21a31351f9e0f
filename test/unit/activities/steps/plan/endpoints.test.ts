import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuorum, toShippingEndpoints } from '../../../../../activities/steps/plan/preflight/endpoints.ts';

describe('parseQuorum', () => {
  it.each([
    ['zk1:2181:/hbase', ['zk1:2181']],
    ['zk1,zk2:2181:/hbase', ['zk1:2181', 'zk2:2181']],
    ['zk1:2182,zk2:2183,zk3:2181:/hbase-secure', ['zk1:2182', 'zk2:2183', 'zk3:2181']],
    ['zk1:2182,zk2:2183:2181:/hbase', ['zk1:2182', 'zk2:2183']],
    ['nonsense', []],
  ])('%s: names its servers', (key, expected) => {
    expect(parseQuorum(key).map(({ host, port }) => `${host}:${port}`)).toEqual(expected);
  });

  it('any hosts with one client port: come out as they went in', () => {
    const host = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
    fc.assert(
      fc.property(
        fc.array(host, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 65_535 }),
        (hosts, port) => {
          expect(parseQuorum(`${hosts.join(',')}:${port}:/hbase`)).toEqual(hosts.map((name) => ({ host: name, port })));
        },
      ),
    );
  });
});

describe('toShippingEndpoints', () => {
  it('ZooKeeper, master and every server: by the names the cluster gives', () => {
    const facts = { activeMaster: 'm1,16000,17', liveServers: ['r1,16020,18', 'r2,16020,19'] };
    expect(toShippingEndpoints('zk:2181:/hbase', facts)).toEqual([
      { host: 'zk', port: 2181 },
      { host: 'm1', port: 16_000 },
      { host: 'r1', port: 16_020 },
      { host: 'r2', port: 16_020 },
    ]);
  });

  it('no master: is not probed', () => {
    expect(toShippingEndpoints('zk:2181:/hbase', { activeMaster: '', liveServers: [] })).toHaveLength(1);
  });
});
